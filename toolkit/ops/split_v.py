# SPDX-License-Identifier: Apache-2.0
"""SPLIT_V into parts of given sizes along a constant axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import parts
from toolkit.ops.shared.movement import WORDS, Copy, Movement, Sizes, constant_axis
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.operator import Array


class SplitV(Movement):
    """Inputs are the values, the sizes of the parts (one may be -1: what is left) and the axis."""

    kind = "SPLIT_V"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        count = parts.count_of(operation.options.get("num_splits", 0))
        problems = parts.ids_problems(graph, operation, inputs=3, outputs=count)
        if problems or not count:
            return problems or ["it has no parts"]
        shape = graph.tensors[operation.inputs[0]].shape
        axis = _axis(graph, operation)
        if axis is None:
            return [f"its axis is not one int32 constant that names one of {len(shape)}"]
        lengths = _lengths(graph, operation, axis)
        if lengths is None or len(lengths) != count:
            return [f"its sizes are not an integer constant of {count} numbers, one of them -1 at most"]
        return parts.split_problems(graph, operation.inputs[0], operation.outputs, axis, lengths, WORDS)

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        axis = _axis(graph, operation) or 0
        lengths = _lengths(graph, operation, axis) or ()
        return parts.split_copies(graph, operation.inputs[0], operation.outputs, axis, lengths)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, sizes, axis = inputs
        assert values is not None
        assert sizes is not None
        assert axis is not None
        along = int(axis.ravel()[0])
        ends = [graph.tensors[i].shape[along] for i in operation.outputs]
        return list(np.split(values, np.cumsum(ends)[:-1].tolist(), along))


def _axis(graph: Graph, operation: Operation) -> int | None:
    place, values = graph.tensors[operation.inputs[2]], graph.tensors[operation.inputs[0]]
    return constant_axis(place, len(values.shape))


def _lengths(graph: Graph, operation: Operation, axis: int) -> Sizes | None:
    """Return the sizes of the parts, what -1 stands for filled in."""
    found = constant_integers(graph.tensors[operation.inputs[1]])
    if found is None or found.count(-1) > 1:
        return None
    rest = graph.tensors[operation.inputs[0]].shape[axis] - sum(size for size in found if size != -1)
    return tuple(rest if size == -1 else size for size in found)


OPERATOR = SplitV()
