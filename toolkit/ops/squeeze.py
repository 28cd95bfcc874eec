# SPDX-License-Identifier: Apache-2.0
"""SQUEEZE: the same bytes without axes of size 1; a pass may let both tensors share their storage."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.channel_flow import ChannelFlow, regrouped
from toolkit.ops.shared.movement import (
    EVERY_TYPE,
    Copy,
    Movement,
    Sizes,
    alike_problems,
    axis_of,
    result_shape_problems,
    whole_copy,
)
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array


class Squeeze(Movement):
    """squeeze_dims names the axes; without it, all of size 1 go."""

    kind = "SQUEEZE"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        squeezed = _squeezed(source.shape, operation)
        if squeezed is None:
            return [f"its axes {operation.options.get('squeeze_dims')} are not all of size 1"]
        return [*alike_problems(source, result, EVERY_TYPE), *result_shape_problems(result, squeezed)]

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        return regrouped(graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]])

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        return [whole_copy(graph, operation.inputs[0], operation.outputs[0])]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        assert inputs[0] is not None
        return [inputs[0].reshape(graph.tensors[operation.outputs[0]].shape)]


def _squeezed(shape: Sizes, operation: Operation) -> Sizes | None:
    named = operation.options.get("squeeze_dims", ())
    if not isinstance(named, tuple):
        return None
    axes = {axis_of(axis, len(shape)) for axis in named}
    if not axes:
        axes = {axis for axis, size in enumerate(shape) if size == 1}
    if any(axis is None or shape[axis] != 1 for axis in axes):
        return None
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


OPERATOR = Squeeze()
