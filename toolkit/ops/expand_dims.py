# SPDX-License-Identifier: Apache-2.0
"""EXPAND_DIMS: the same bytes with one more axis; a pass may let both tensors share their storage."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.channel_flow import ChannelFlow, regrouped
from toolkit.ops.shared.movement import (
    Copy,
    Movement,
    alike_problems,
    axis_of,
    result_shape_problems,
    whole_copy,
)
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

_TYPES = ("int8", "int16", "float32")


class ExpandDims(Movement):
    """Inputs are the values and the place of the new axis, one constant int32."""

    kind = "EXPAND_DIMS"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, place = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        numbers = constant_integers(place) if place.dtype == "int32" else None
        if numbers is None or len(numbers) != 1:
            return ["its axis is not one int32 constant"]
        axis = axis_of(numbers[0], len(source.shape) + 1)
        if axis is None:
            return [f"its axis {numbers[0]} is not one of {len(source.shape) + 1}"]
        expanded = (*source.shape[:axis], 1, *source.shape[axis:])
        return [*alike_problems(source, result, _TYPES), *result_shape_problems(result, expanded)]

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        return regrouped(graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]])

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        return [whole_copy(graph, operation.inputs[0], operation.outputs[0])]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        assert inputs[0] is not None
        return [inputs[0].reshape(graph.tensors[operation.outputs[0]].shape)]


OPERATOR = ExpandDims()
