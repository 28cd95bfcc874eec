# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices of 16x8 by ARMv7E-M's kernels: which ones, and their tables (tm_tile_s16.h).

Their sums are taken modulo 2**32, which is exact where weights and bias prove that all sums fit. The scale of
16 bits and the shift become one multiplier, of which the product's high word is the output.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels, costs, scaling
from toolkit.ops.shared.fours import channels_by_four
from toolkit.ops.shared.operator import (
    ConstantArgument,
    KernelCall,
    ScratchArgument,
    TensorArgument,
    Variant,
)
from toolkit.ops.shared.walk import band_walks, row_walks, window_tile_walks
from toolkit.ops.shared.window import Window
from toolkit.targets.target import Target

Int64 = NDArray[np.int64]
_LOW, _HIGH = -(2**15), 2**15 - 1
_LEAST_BITS, _MOST_BITS = 16, 32
_TILE, _FOUR, _DEPTHWISE_AXIS = 4, 4, 3
# Of the computers that verify the C too.
_MOST_POINTER_BYTES = 8


def wide_variants(
    operation: Operation, found: channels.Operands, window: Window, target: Target
) -> Iterator[Variant]:
    """Yield the variants of a convolution that is not grouped, or of a matrix as one of 1 x 1."""
    if not scaling.has_dsp_kernels(target) or not can_take(found, axis=0):
        return
    in_bytes = window.in_bytes(found.item_bytes)
    pixels, length = window.batches * window.out_h * window.out_w, window.kernel_w * window.in_c
    yield Variant(
        name="tile",
        cycles=costs.wide_tile_cycles(pixels, window.out_c, length, window.kernel_h),
        scratch_bytes=_tile_bytes(window),
        lower=lambda: _tile_call(operation, found, window),
        walks=lambda: window_tile_walks(found.source, found.result, in_bytes),
    )


def row_variants(
    operation: Operation, found: channels.Operands, rows: int, target: Target
) -> Iterator[Variant]:
    """Yield the variant of a matrix one row at a time, if there is one."""
    if not scaling.has_dsp_kernels(target) or not can_take(found, axis=0) or not _can_pair(found):
        return
    out_len = found.weights.shape[0]
    yield Variant(
        name="rows",
        cycles=costs.wide_row_cycles(rows, out_len, found.weights.elements // out_len),
        scratch_bytes=0,
        lower=lambda: _row_call(operation, found),
        walks=lambda: row_walks(found.source, found.result, rows),
    )


def tap_variants(
    operation: Operation, found: channels.Operands, window: Window, target: Target
) -> Iterator[Variant]:
    """Yield the variant of a depthwise convolution with a multiplier of 1, if there is one."""
    has_fours = window.in_c == window.out_c >= _FOUR
    if not scaling.has_dsp_kernels(target) or not has_fours or not can_take(found, _DEPTHWISE_AXIS):
        return
    taps, in_bytes = window.kernel_h * window.kernel_w, window.in_bytes(found.item_bytes)
    yield Variant(
        name="taps",
        cycles=costs.wide_tap_cycles(found.result.elements // window.in_c, taps, window.in_c),
        scratch_bytes=_tap_bytes(window),
        lower=lambda: _tap_call(operation, found, window),
        walks=lambda: band_walks(found.source, found.result, in_bytes, 1),
    )


def can_take(found: channels.Operands, axis: int) -> bool:
    """Return whether the sums of an operation, for every input, and its scales are exact in 32 bits.

    axis is that of the output channels.
    """
    if not found.rounds_once:
        return False
    weights = channels.by_channel(found, axis)
    bias = channels.bias_values(found, len(weights))
    above, below = weights.clip(min=0).sum(axis=1), weights.clip(max=0).sum(axis=1)
    least, most = bias + _LOW * above + _HIGH * below, bias + _HIGH * above + _LOW * below
    fits = least.min() >= -(2**31) and most.max() < 2**31 and np.abs(bias).max() < 2**31
    return bool(fits) and all(m == 0 or _LEAST_BITS <= b <= _MOST_BITS for m, b in scaling.scales(found))


def multipliers(found: channels.Operands, count: int) -> Int64:
    """Return for each of count channels by what the high word of its sum's product is the output."""
    each = [m << (_MOST_BITS - bits) if m else 0 for m, bits in scaling.scales(found)]
    return np.array(each * count if len(each) == 1 else each, np.int64)


def _can_pair(found: channels.Operands) -> bool:
    """Return whether the weights of two channels a and b fit in a halfword as 256 * b + a."""
    pairs = _by_pair(channels.by_channel(found, axis=0))
    halves = 256 * pairs[:, 1] + pairs[:, 0]
    return bool(halves.min() >= _LOW and halves.max() <= _HIGH)


def _by_pair(values: Int64) -> Int64:
    """Return values by channel (channels, ...) as (pairs, 2, ...), zeros for one that is missing."""
    missing = [(0, len(values) % 2), *[(0, 0)] * (values.ndim - 1)]
    return np.pad(values, missing).reshape(-1, 2, *values.shape[1:])


def _row_call(operation: Operation, found: channels.Operands) -> KernelCall:
    limits, out_len = scaling.limits(operation, found), found.weights.shape[0]
    in_len = found.weights.elements // out_len
    return KernelCall(
        kernel="tm_fully_connected_rows_s16",
        params={
            "row": (in_len, out_len, limits["least"]),
            "most": limits["most"],
            "batches": found.result.elements // out_len,
            "from_end": 0,
        },
        arguments=(
            TensorArgument(found.source.id),
            _row_table(found),
            TensorArgument(found.result.id),
        ),
    )


def _row_table(found: channels.Operands) -> ConstantArgument:
    """Return the table of tm_row_s16."""
    weights = channels.by_channel(found, axis=0)
    pairs = _by_pair(np.pad(weights, ((0, 0), (0, weights.shape[1] % 2))))
    halves = 256 * pairs[:, 1] + pairs[:, 0]
    words = (halves[:, 0::2] & 0xFFFF) | halves[:, 1::2] << 16
    starts = _by_pair(channels.bias_values(found, len(weights)))
    ends = np.concatenate([starts[:, 1:], _by_pair(multipliers(found, len(weights)))], axis=1)
    parts = []
    for first in range(0, len(pairs), 2):
        four = slice(first, first + 2)
        parts += [starts[four, 0], words[four].T.ravel(), ends[four].ravel()]
    table = np.concatenate(parts).astype(np.uint64) & 0xFFFFFFFF
    return ConstantArgument("weights", table.astype(np.uint32).view(np.int32), is_weights=True)


def _tile_bytes(window: Window) -> int:
    """Return the scratch: inputs of four pixels as words of two, five rows of taps, and the outputs of pixels
    that are left over by four.
    """
    length, pixels = window.kernel_w * window.in_c, window.batches * window.out_h * window.out_w
    some = _TILE * 2 * window.out_c if pixels % _TILE >= 2 else 0
    total = window.kernel_h * _TILE * 4 * -(-length // 2) + (_TILE + 1) * 2 * length + some
    return total + -total % 4


def _tile_call(operation: Operation, found: channels.Operands, window: Window) -> KernelCall:
    return KernelCall(
        kernel="tm_conv_2d_tile_s16",
        params={
            "window": window.in_bytes(found.item_bytes).values(),
            **scaling.limits(operation, found),
        },
        arguments=(
            TensorArgument(found.source.id),
            _tile_table(found, window),
            ScratchArgument(_tile_bytes(window)),
            TensorArgument(found.result.id),
        ),
    )


def _tile_table(found: channels.Operands, window: Window) -> ConstantArgument:
    """Return the table of tm_tile_s16, where each row of taps starts with a word."""
    rows = channels.by_channel(found, axis=0).reshape(window.out_c, window.kernel_h, -1)
    weights = np.pad(rows, ((0, 0), (0, 0), (0, rows.shape[2] % 2))).reshape(window.out_c, -1)
    pairs = np.ascontiguousarray(_by_pair(weights).astype(np.int8).swapaxes(1, 2))
    words = pairs.reshape(len(pairs), -1).view("<i4")
    starts, scales = channels.bias_values(found, window.out_c), multipliers(found, window.out_c)
    ends = [_by_pair(each).astype("<i4") for each in (starts, scales)]
    table = np.concatenate([ends[0], words, ends[1]], axis=1)
    return ConstantArgument("weights", table, is_weights=True)


def _tap_bytes(window: Window) -> int:
    """Return the scratch: a pointer for each tap, the inputs of a pixel that is outside of the image."""
    return _MOST_POINTER_BYTES * window.kernel_h * window.kernel_w + 2 * window.in_c


def _tap_call(operation: Operation, found: channels.Operands, window: Window) -> KernelCall:
    return KernelCall(
        kernel="tm_depthwise_conv_2d_taps_s16",
        params={
            "window": window.in_bytes(found.item_bytes).values(),
            **scaling.limits(operation, found),
        },
        arguments=(
            TensorArgument(found.source.id),
            _tap_table(found, window.in_c),
            ScratchArgument(_tap_bytes(window)),
            TensorArgument(found.result.id),
        ),
    )


def _tap_table(found: channels.Operands, count: int) -> ConstantArgument:
    """Return the table of tm_depthwise_taps_s16."""
    places = channels_by_four(count)
    weights = channels.by_channel(found, _DEPTHWISE_AXIS)[places]
    weights = weights.reshape(-1, _FOUR, weights.shape[1])
    words = np.ascontiguousarray(weights.astype(np.int8).swapaxes(1, 2)).view("<i4")[:, :, 0]
    by_channel = channels.bias_values(found, count), multipliers(found, count)
    ends = [each[places].astype("<i4").reshape(-1, _FOUR) for each in by_channel]
    return ConstantArgument("weights", np.concatenate([ends[0], words, ends[1]], axis=1), is_weights=True)
