# SPDX-License-Identifier: Apache-2.0
"""UNPACK: every slice along an axis becomes an output, without that axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import parts
from toolkit.ops.shared.movement import WORDS, Copy, Movement, alike_problems, axis_of, result_shape_problems
from toolkit.ops.shared.operator import Array


class Unpack(Movement):
    """As many outputs as the axis has elements."""

    kind = "UNPACK"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        count = parts.count_of(operation.options.get("num", 0))
        problems = parts.ids_problems(graph, operation, inputs=1, outputs=count)
        if problems or not count:
            return problems or ["it has no parts"]
        source = graph.tensors[operation.inputs[0]]
        axis = axis_of(operation.options.get("axis", 0), len(source.shape))
        if axis is None or source.shape[axis] != count:
            return [f"its axis {operation.options.get('axis', 0)} of {list(source.shape)} has not {count}"]
        shape = source.shape[:axis] + source.shape[axis + 1 :]
        for place, result in enumerate(graph.output_tensors(operation)):
            problems += alike_problems(source, result, WORDS)
            problems += result_shape_problems(result, shape, f"output {place}")
        return problems

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        (whole,) = operation.inputs
        axis = axis_of(operation.options.get("axis", 0), len(graph.tensors[whole].shape)) or 0
        ones = (1,) * len(operation.outputs)
        return parts.split_copies(graph, whole, operation.outputs, axis, ones)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        axis = operation.options.get("axis", 0)
        assert isinstance(axis, int)
        assert inputs[0] is not None
        return [np.take(inputs[0], place, axis) for place in range(len(operation.outputs))]


OPERATOR = Unpack()
