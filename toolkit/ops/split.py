# SPDX-License-Identifier: Apache-2.0
"""SPLIT into equal parts along a constant axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import parts
from toolkit.ops.shared.movement import WORDS, Copy, Movement, constant_axis
from toolkit.ops.shared.operator import Array


class Split(Movement):
    """Inputs are the axis and the values; every output is one part."""

    kind = "SPLIT"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        count = parts.count_of(operation.options.get("num_splits", 0))
        problems = parts.ids_problems(graph, operation, inputs=2, outputs=count)
        if problems or not count:
            return problems or ["it has no parts"]
        shape = graph.tensors[operation.inputs[1]].shape
        axis = _axis(graph, operation)
        if axis is None:
            return [f"its axis is not one int32 constant that names one of {len(shape)}"]
        if shape[axis] % count:
            return [f"its axis {axis} of {shape[axis]} cannot be split into {count} equal parts"]
        lengths = (shape[axis] // count,) * count
        return parts.split_problems(graph, operation.inputs[1], operation.outputs, axis, lengths, WORDS)

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        axis, count = _axis(graph, operation) or 0, len(operation.outputs)
        lengths = (graph.tensors[operation.inputs[1]].shape[axis] // count,) * count
        return parts.split_copies(graph, operation.inputs[1], operation.outputs, axis, lengths)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        axis, values = inputs
        assert axis is not None
        assert values is not None
        return list(np.split(values, len(operation.outputs), int(axis.ravel()[0])))


def _axis(graph: Graph, operation: Operation) -> int | None:
    place, values = graph.tensors[operation.inputs[0]], graph.tensors[operation.inputs[1]]
    return constant_axis(place, len(values.shape))


OPERATOR = Split()
