# SPDX-License-Identifier: Apache-2.0
"""Between which integers each channel of each tensor can be, whatever the model's inputs are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared import channels
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of
from toolkit.ops.shared.operands import WIDTHS, quantization_of
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators
from toolkit.passes.weighted import Weighted, weighted_of

Int64 = NDArray[np.int64]
# What is larger is not filled and computed twice to learn its bounds.
_MOST_ELEMENTS = 1 << 20


@dataclass(frozen=True, eq=False)
class Bounds:
    """The least and the greatest value, (channels,) each."""

    least: Int64
    most: Int64

    @property
    def is_constant(self) -> NDArray[np.bool_]:
        """Whether a channel is the same number at every place, for every input."""
        return np.asarray(self.least == self.most)


def channel_bounds(graph: Graph) -> dict[int, Bounds]:
    """Return the bounds of all int8 and int16 tensors that operations make or read, by id.

    Those of others say nothing.
    """
    known: dict[int, Bounds] = {}
    for i in {*graph.inputs, *graph.states}:
        known[i] = _any_value(graph.tensors[i])
    for operation in graph.operations:
        for i in operation.inputs:
            if i >= 0 and i not in known:
                known[i] = _any_value(graph.tensors[i])
        found = _bounds_of(graph, operation, known)
        for i in operation.outputs:
            known[i] = found if found is not None else _any_value(graph.tensors[i])
    return known


def _bounds_of(graph: Graph, operation: Operation, known: Mapping[int, Bounds]) -> Bounds | None:
    weighted = weighted_of(graph, operation)
    if weighted is not None:
        return _of_sums(operation, weighted, known[operation.inputs[0]])
    flows = operators()[operation.kind].channel_flow(graph, operation)
    if flows is None:
        return None
    ends = [*(operation.inputs[flow.place] for flow in flows), operation.outputs[0]]
    if any(graph.tensors[i].dtype not in WIDTHS for i in ends):
        return None
    sources = [known[operation.inputs[flow.place]] for flow in flows]
    if not operators()[operation.kind].is_rising and not all(s.is_constant.any() for s in sources):
        return None
    return _of_each(graph, operation, flows, known)


def _any_value(tensor: Tensor) -> Bounds:
    count = channels_of(tensor)
    if tensor.dtype not in WIDTHS:
        return Bounds(np.zeros(count, np.int64), np.ones(count, np.int64))
    if tensor.data is not None:
        rows = tensor.data.astype(np.int64).reshape(-1, count)
        return Bounds(rows.min(axis=0, initial=2**15), rows.max(axis=0, initial=-(2**15)))
    limits = np.iinfo(tensor.dtype)
    return Bounds(np.full(count, limits.min, np.int64), np.full(count, limits.max, np.int64))


def _of_sums(operation: Operation, weighted: Weighted, source: Bounds) -> Bounds:
    """Return the bounds of an operation with weights: the sums grow with what positive weights meet."""
    zero = quantization_of(weighted.operands.source).zero_point
    least, most = source.least - zero, source.most - zero
    if weighted.is_padded:
        least, most = np.minimum(least, 0), np.maximum(most, 0)
    up, down = weighted.positive(), weighted.negative()
    bias = channels.bias_values(weighted.operands, weighted.outputs)
    sums = np.stack(
        [
            bias + weighted.sum_up(up, least) + weighted.sum_up(down, most),
            bias + weighted.sum_up(up, most) + weighted.sum_up(down, least),
        ]
    )
    scales = channels.convolution_scales(weighted.operands)
    ends = channels.to_outputs(sums, operation, weighted.operands, scales).astype(np.int64)
    return Bounds(ends[0], ends[1])


def _of_each(
    graph: Graph, operation: Operation, flows: tuple[ChannelFlow, ...], known: Mapping[int, Bounds]
) -> Bounds:
    """Return the bounds where channels are not mixed: what the operator makes of the inputs' ends."""
    result, operator = graph.tensors[operation.outputs[0]], operators()[operation.kind]
    ids = (*operation.inputs, *operation.outputs)
    if any(graph.tensors[i].elements > _MOST_ELEMENTS for i in ids if i >= 0):
        return _any_value(result)
    free = _any_value(result)
    ends = [_filled(graph, operation, flows, known, at_most=at_most) for at_most in (False, True)]
    rows = [
        operator.reference(graph, operation, end)[0].astype(np.int64).reshape(-1, len(free.least))
        for end in ends
    ]
    least, most = rows[0].min(axis=0), rows[1].max(axis=0)
    if operator.is_rising:
        return Bounds(least, most)
    fixed = np.ones(len(free.least), bool)
    for flow in flows:
        source = known[operation.inputs[flow.place]]
        fixed[flow.pairs[:, 1]] &= source.is_constant[flow.pairs[:, 0]]
    return Bounds(np.where(fixed, least, free.least), np.where(fixed, most, free.most))


def _filled(
    graph: Graph,
    operation: Operation,
    flows: tuple[ChannelFlow, ...],
    known: Mapping[int, Bounds],
    *,
    at_most: bool,
) -> list[Array | None]:
    values: list[Any] = [None if t is None else t.data for t in graph.input_tensors(operation)]
    for flow in flows:
        tensor = graph.tensors[operation.inputs[flow.place]]
        if tensor.data is None:
            bounds = known[tensor.id]
            row = bounds.most if at_most else bounds.least
            ends = row.astype(tensor.dtype)
            values[flow.place] = np.broadcast_to(ends if tensor.shape else ends[0], tensor.shape)
    return values
