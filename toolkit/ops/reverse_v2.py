# SPDX-License-Identifier: Apache-2.0
"""REVERSE_V2 along constant axes that are neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import (
    EVERY_TYPE,
    Copy,
    Movement,
    Sizes,
    alike_problems,
    axis_of,
    result_shape_problems,
    steps_of,
)
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

_MOST_AXES = 6


class ReverseV2(Movement):
    """Inputs are the values and the axes, a constant vector."""

    kind = "REVERSE_V2"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        rank, named = len(source.shape), graph.tensors[operation.inputs[1]]
        if not 1 <= rank <= _MOST_AXES:
            return [f"its input has {rank} axes, not 1 to {_MOST_AXES}"]
        numbers = constant_integers(named)
        if numbers is None or named.dtype != "int32" or len(named.shape) != 1:
            return ["its axes are not an int32 constant vector"]
        axes = _axes(numbers, rank)
        if axes is None or axes != tuple(range(axes[0], axes[0] + len(numbers))):
            return [f"its axes {list(numbers)} are not neighbours among {rank}, each named once"]
        return [*alike_problems(source, result, EVERY_TYPE), *result_shape_problems(result, source.shape)]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        numbers = constant_integers(graph.tensors[operation.inputs[1]]) or ()
        axes, steps = _axes(numbers, len(source.shape)) or (), steps_of(source.shape)
        in_steps = tuple(-step if axis in axes else step for axis, step in enumerate(steps))
        start = sum((source.shape[axis] - 1) * steps[axis] for axis in axes)
        return [Copy(source.id, result.id, source.shape, in_steps, steps, start)]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, axes = inputs
        assert values is not None
        assert axes is not None
        return [np.flip(values, tuple(axes.ravel().tolist()))]


def _axes(numbers: Sizes, rank: int) -> Sizes | None:
    """Return the axes from 0 in order, None if there is one that is none of rank."""
    found = sorted(axis for number in numbers if (axis := axis_of(number, rank)) is not None)
    return tuple(found) if found and len(found) == len(numbers) else None


OPERATOR = ReverseV2()
