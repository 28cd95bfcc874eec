# SPDX-License-Identifier: Apache-2.0
"""Drop channels that are the same number for every input, and channels that nothing reads.

A ReLU that is never reached, weights that are all zero, a range that ends before the sums begin: networks
are full of output channels that never change. What such a channel adds to the sums of the layers that read it
is added to their bias, and its weights go. Exact: no byte of a channel that stays changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Kept, Operation, Quantization, Tensor
from toolkit.ops.shared import channels
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of
from toolkit.ops.shared.operands import WIDTHS, quantization_of
from toolkit.ops.shared.registry import operators
from toolkit.passes.channel_bounds import Bounds, channel_bounds
from toolkit.passes.weighted import Weighted, weighted_of

Marks = NDArray[np.bool_]
# Of all tensors: more than any network that a board could hold has, of which nothing is to be learnt.
_MOST_CHANNELS = 1 << 20


def run(graph: Graph) -> Graph:
    """Return graph without such channels, each tensor with those that it keeps in Tensor.kept."""
    used = {i for o in graph.operations for i in (*o.inputs, *o.outputs) if i >= 0}.union(graph.inputs)
    if sum(channels_of(graph.tensors[i]) for i in used) > _MOST_CHANNELS:
        return graph
    bounds = channel_bounds(graph)
    needs = _Needs(graph, bounds)
    needs.settle()
    for i, marks in needs.marks.items():
        if graph.tensors[i].data is None and not marks.all():
            graph = graph.with_tensor(_narrowed(graph.tensors[i], marks))
    operations = []
    for operation, weighted, flows in needs.operations:
        if weighted is not None:
            graph, operation = _with_weights(graph, operation, weighted, needs.marks, bounds)
        elif flows is not None:
            graph, operation = _with_constants(graph, operation, flows, needs.marks)
        operations.append(operation)
    return replace(graph, operations=tuple(operations))


class _Needs:
    """Which channels are needed: from none on, marks grow until every operation has what it needs."""

    def __init__(self, graph: Graph, bounds: Mapping[int, Bounds]) -> None:
        self.graph = graph
        self.bounds = bounds
        self.operations = [
            (o, weighted_of(graph, o), operators()[o.kind].channel_flow(graph, o)) for o in graph.operations
        ]
        self.marks: dict[int, Marks] = {}
        self.changed = False
        ends = {*graph.inputs, *graph.outputs, *graph.states}
        shared = {t.storage for t in graph.tensors if t.storage != t.id}
        for operation in graph.operations:
            for i in (*operation.inputs, *operation.outputs):
                if i >= 0:
                    tensor = graph.tensors[i]
                    whole = i in ends or i in shared or tensor.storage != i or tensor.dtype not in WIDTHS
                    whole = whole or tensor.is_constant or not tensor.elements
                    self.marks[i] = np.full(channels_of(tensor), whole)

    def settle(self) -> None:
        """Mark all that is needed, and one channel of each tensor, as none can have no channel."""
        while True:
            self.changed = False
            for operation, weighted, flows in reversed(self.operations):
                self._require(operation, weighted, flows)
            if not self.changed:
                empty = [i for i, marks in self.marks.items() if len(marks) and not marks.any()]
                if not empty:
                    return
                for i in empty:
                    self.marks[i][0] = True

    def _require(
        self, operation: Operation, weighted: Weighted | None, flows: tuple[ChannelFlow, ...] | None
    ) -> None:
        if weighted is not None:
            self._require_weighted(operation, weighted)
        elif flows is not None:
            for flow in flows:
                self._tie(operation.inputs[flow.place], operation.outputs[0], flow.pairs)
        else:
            for i in (*operation.inputs, *operation.outputs):
                if i >= 0:
                    self._mark(i, np.ones_like(self.marks[i]))

    def _require_weighted(self, operation: Operation, weighted: Weighted) -> None:
        source, result = operation.inputs[0], operation.outputs[0]
        if weighted.is_depthwise:
            numbers = np.arange(weighted.outputs)
            self._tie(source, result, np.stack([numbers // weighted.multiplier, numbers], axis=1))
            return
        read = weighted.reads(self.marks[result])
        self._mark(source, read & ~_foldable(weighted, self.bounds[source]))

    def _tie(self, source: int, result: int, pairs: NDArray[np.integer[Any]]) -> None:
        """Mark both ends of each pair where one is."""
        if self.graph.tensors[source].is_constant:
            return
        before, after = pairs[:, 0], pairs[:, 1]
        needed = np.zeros_like(self.marks[result])
        needed[after[self.marks[source][before]]] = True
        self._mark(result, needed)
        needed = np.zeros_like(self.marks[source])
        needed[before[self.marks[result][after]]] = True
        self._mark(source, needed)

    def _mark(self, tensor: int, needed: Marks) -> None:
        if (needed & ~self.marks[tensor]).any():
            self.marks[tensor] = self.marks[tensor] | needed
            self.changed = True


def _foldable(weighted: Weighted, source: Bounds) -> Marks:
    """Return which input channels a bias can stand for: where padding is read, only those that equal it."""
    zero = quantization_of(weighted.operands.source).zero_point
    return np.asarray(source.is_constant & ((source.least == zero) | (not weighted.is_padded)))


def _narrowed(tensor: Tensor, marks: Marks) -> Tensor:
    kept = tuple(int(i) for i in np.flatnonzero(marks))
    return replace(tensor, shape=(*tensor.shape[:-1], len(kept)), kept=Kept(kept, len(marks)))


def _with_weights(
    graph: Graph,
    operation: Operation,
    weighted: Weighted,
    marks: Mapping[int, Marks],
    bounds: Mapping[int, Bounds],
) -> tuple[Graph, Operation]:
    """Return graph and operation with the weights of what stays, and a bias for what goes."""
    source, result = operation.inputs[0], operation.outputs[0]
    kept_in, kept_out = marks[source], marks[result]
    if kept_in.all() and kept_out.all():
        return graph, operation
    old, axis = weighted.operands.weights, 3 if weighted.is_depthwise else 0
    weights = weighted.weights[kept_out]
    if not weighted.is_depthwise:
        weights = weights[:, :, kept_in]
    layout = np.moveaxis(weights, 0, -1) if axis == 3 else weights
    shape = _weights_shape(old.shape, int(kept_out.sum()), int(kept_in.sum()), weights.shape[1], axis)
    graph, new = _appended(graph, old, np.ascontiguousarray(layout).reshape(shape), kept_out)
    inputs = [source, new]
    totals = _bias(weighted, kept_in, bounds[source])
    if weighted.operands.bias is not None or totals.any():
        graph, bias = _with_bias(graph, weighted, totals, kept_out)
        inputs.append(bias)
    return graph, replace(operation, inputs=tuple(inputs))


def _weights_shape(old: tuple[int, ...], outputs: int, inputs: int, taps: int, axis: int) -> tuple[int, ...]:
    if axis == 3:
        return (*old[:3], outputs)
    return (outputs, taps * inputs) if len(old) == 2 else (outputs, *old[1:3], inputs)


def _bias(weighted: Weighted, kept: Marks, source: Bounds) -> NDArray[np.int64]:
    """Return the bias of each output with what the channels that go add to it."""
    bias = channels.bias_values(weighted.operands, weighted.outputs)
    if weighted.is_depthwise or kept.all():
        return bias
    zero = quantization_of(weighted.operands.source).zero_point
    values = np.where(kept | ~source.is_constant, 0, source.least - zero)
    return bias + weighted.sum_up(weighted.positive() + weighted.negative(), values)


def _with_bias(graph: Graph, weighted: Weighted, totals: NDArray[np.int64], kept: Marks) -> tuple[Graph, int]:
    found = weighted.operands
    if found.bias is not None:
        return _appended(graph, found.bias, totals[kept].astype(found.bias.dtype), kept)
    into, weights = quantization_of(found.source), quantization_of(found.weights)
    scales = tuple(into.scale * scale for scale in weights.scales)
    quantization = Quantization(scales, (0,) * len(scales))
    dtype = "int64" if found.is_wide else "int32"
    name = f"{found.result.name}/bias"
    bias = Tensor(len(graph.tensors), name, (weighted.outputs,), dtype, quantization)
    return _appended(graph, bias, totals[kept].astype(dtype), kept)


def _with_constants(
    graph: Graph, operation: Operation, flows: tuple[ChannelFlow, ...], marks: Mapping[int, Marks]
) -> tuple[Graph, Operation]:
    """Return graph and operation with constant operands that have no more channels than the output."""
    kept, inputs = marks[operation.outputs[0]], list(operation.inputs)
    if kept.all():
        return graph, operation
    for flow in flows:
        tensor = graph.tensors[inputs[flow.place]]
        if tensor.data is not None:
            data = np.ascontiguousarray(tensor.data[..., flow.pairs[kept[flow.pairs[:, 1]], 0]])
            graph, inputs[flow.place] = _appended(graph, tensor, data, None)
    return graph, replace(operation, inputs=tuple(inputs))


def _appended(graph: Graph, like: Tensor, data: NDArray[np.generic], kept: Marks | None) -> tuple[Graph, int]:
    """Return graph with a constant like another one, but with these data; kept says whose scales stay."""
    quantization = like.quantization
    if quantization is not None and kept is not None and len(quantization.scales) == len(kept) > 1:
        places = np.flatnonzero(kept)
        quantization = replace(
            quantization,
            scales=tuple(quantization.scales[i] for i in places),
            zero_points=tuple(quantization.zero_points[i] for i in places),
        )
    home = len(graph.tensors)
    tensor = replace(
        like, id=home, storage=home, shape=data.shape, data=data, quantization=quantization, storage_offset=0
    )
    return graph.with_tensor(tensor), home
