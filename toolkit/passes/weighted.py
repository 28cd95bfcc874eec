# SPDX-License-Identifier: Apache-2.0
"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED seen alike: weights by output, tap and input channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import channels
from toolkit.ops.shared.channel_flow import channels_of
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.window import Window, reach_of

Int64 = NDArray[np.int64]
KINDS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


@dataclass(frozen=True, eq=False)
class Weighted:
    """An operation that adds up products. weights are (outputs, taps, input channels), or where each
    output reads one channel, multiplier outputs in a row the same, (outputs, taps, 1).

    is_padded says that taps of some outputs lie outside of the input, where they count as zero points.
    """

    operands: channels.Operands
    weights: NDArray[Any]
    offset: int
    multiplier: int
    is_padded: bool

    @property
    def outputs(self) -> int:
        """The number of output channels."""
        return len(self.weights)

    @property
    def is_depthwise(self) -> bool:
        """Whether each output reads one channel."""
        return self.multiplier > 0

    def positive(self) -> Int64:
        """Return the sums over the taps of the weights above zero, (outputs, input channels or 1)."""
        if self.offset:
            return np.asarray(np.maximum(self.weights.astype(np.int64) - self.offset, 0).sum(axis=1))
        return np.asarray(np.maximum(self.weights, 0).sum(axis=1, dtype=np.int64))

    def negative(self) -> Int64:
        """Return the same of those below zero."""
        if self.offset:
            return np.asarray(np.minimum(self.weights.astype(np.int64) - self.offset, 0).sum(axis=1))
        return np.asarray(np.minimum(self.weights, 0).sum(axis=1, dtype=np.int64))

    def sum_up(self, factors: Int64, values: Int64) -> Int64:
        """Return for each output what factors, summed over taps, add up to with a value for each channel."""
        if self.is_depthwise:
            return np.asarray(factors[:, 0] * np.repeat(values, self.multiplier))
        return np.asarray(factors @ values)

    def reads(self, outputs: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which input channels any of some outputs has a weight for that is not zero."""
        if self.is_depthwise:
            return np.asarray(outputs.reshape(-1, self.multiplier).any(axis=1))
        return np.asarray((self.weights[outputs] != self.offset).any(axis=(0, 1)))


def weighted_of(graph: Graph, operation: Operation) -> Weighted | None:
    """Return an operation so, None for every other operator, and for convolutions in groups."""
    if operation.kind not in KINDS:
        return None
    if operation.kind == "FULLY_CONNECTED":
        return _fully_connected(graph, operation)
    found = channels.operands_of(graph, operation)
    assert found.weights.data is not None
    window = operators()[operation.kind].window(graph, operation)
    assert window is not None
    padded = _is_padded(window, reach_of(operation, (window.kernel_h, window.kernel_w)))
    if operation.kind == "DEPTHWISE_CONV_2D":
        rows = found.weights.data.reshape(-1, window.out_c).T[:, :, None]
        return Weighted(found, rows, 0, window.out_c // window.in_c, padded)
    if found.weights.shape[3] != window.in_c:
        return None
    return Weighted(found, found.weights.data.reshape(window.out_c, -1, window.in_c), 0, 0, padded)


def _fully_connected(graph: Graph, operation: Operation) -> Weighted | None:
    """The input's last axis may be a part of a row: then its channels come several times in it."""
    found = channels.operands_of(graph, operation)
    assert found.weights.data is not None
    outputs, inputs = found.weights.shape
    count = channels_of(found.source)
    if count < 1 or inputs % count:
        return None
    offset = quantization_of(found.weights).zero_points[0]
    return Weighted(found, found.weights.data.reshape(outputs, -1, count), offset, 0, is_padded=False)


def _is_padded(window: Window, reach: tuple[int, int]) -> bool:
    ends = (
        (window.out_h - 1) * window.stride_h - window.pad_top + reach[0],
        (window.out_w - 1) * window.stride_w - window.pad_left + reach[1],
    )
    return window.pad_top > 0 or window.pad_left > 0 or ends[0] > window.in_h or ends[1] > window.in_w
