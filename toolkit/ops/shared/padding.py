# SPDX-License-Identifier: Apache-2.0
"""PAD and PADV2: the output is filled, then the input copied into it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of, straight
from toolkit.ops.shared.filling import fill_call
from toolkit.ops.shared.movement import (
    WORDS,
    Copy,
    Movement,
    Sizes,
    alike_problems,
    result_shape_problems,
    steps_of,
)
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.operator import Argument, Array, KernelCall
from toolkit.targets.target import Target

_MOST_AXES = 5


class Padding(Movement):
    """Inputs are the values and the paddings, (axes, 2): before and after, int32 constants."""

    @abstractmethod
    def argument(self, graph: Graph, operation: Operation) -> Argument:
        """Return where the value stands that surrounds the input."""

    @abstractmethod
    def value(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> Array:
        """Return the value that surrounds the input."""

    def padding_problems(self, graph: Graph, operation: Operation) -> list[str]:
        """Return what is wrong with the input, the output and the paddings."""
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        rank = len(source.shape)
        if not 1 <= rank <= _MOST_AXES:
            return [f"its input has the shape {list(source.shape)}, not 1 to {_MOST_AXES} sizes"]
        pairs = paddings(graph, operation, ("int32",))
        if pairs is None:
            return [f"its paddings are not an int32 constant of {rank} pairs of 0 or more"]
        padded = tuple(n + before + after for n, (before, after) in zip(source.shape, pairs, strict=True))
        return [*alike_problems(source, result, WORDS), *result_shape_problems(result, padded)]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        return [inner_copy(graph, operation)]

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if channels_of(source) != channels_of(result):
            return None
        return (straight(0, channels_of(source)),)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> tuple[KernelCall, ...]:
        fill = fill_call(graph.tensors[operation.outputs[0]], self.argument(graph, operation))
        return (fill, *super().lower(graph, operation, target))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, pairs = inputs[0], inputs[1]
        assert values is not None
        assert pairs is not None
        value = self.value(graph, operation, inputs)
        return [np.pad(values, pairs.astype(np.int64).reshape(-1, 2), constant_values=value)]


def paddings(graph: Graph, operation: Operation, dtypes: Sequence[str]) -> list[Sizes] | None:
    """Return before and after for each axis of the first input, None if the second does not say."""
    operand = graph.tensors[operation.inputs[1]]
    numbers = constant_integers(operand) if operand.dtype in dtypes else None
    rank = len(graph.tensors[operation.inputs[0]].shape)
    if numbers is None or len(numbers) != 2 * rank or min(numbers, default=0) < 0:
        return None
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def inner_copy(graph: Graph, operation: Operation) -> Copy:
    """Return the copy of the input to its place in the padded output."""
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    pairs = paddings(graph, operation, ("int32", "int64")) or ()
    steps = steps_of(result.shape)
    start = sum(before * step for (before, _), step in zip(pairs, steps, strict=True))
    return Copy(source.id, result.id, source.shape, steps_of(source.shape), steps, out_start=start)
