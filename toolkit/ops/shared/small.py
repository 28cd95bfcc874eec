# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices by kernels with little code, and three bytes a channel beside the weights
(kernels/armv7em/tm_small.h): the rest of a scale stands in the low bits of the folded bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels, costs, paired, scaling
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import (
    ConstantArgument,
    KernelCall,
    ScratchArgument,
    TensorArgument,
    Variant,
    Walk,
)
from toolkit.ops.shared.walk import window_tile_walks, window_walks
from toolkit.ops.shared.window import Window

Int64 = NDArray[np.int64]
_BYTE, _HALF, _SIGNED_BYTE = 255, 65535, 127
_START_AT = 11
_MOST_START = 2**20


def conv_variants(operation: Operation, found: channels.Operands, window: Window) -> tuple[Variant, ...]:
    """Return the variant of a convolution that is not grouped, or of a matrix, if there is one."""
    if not paired.can_pair(found, axis=0) or not _can_take(operation, found, window, axis=0):
        return ()
    length = window.kernel_h * window.kernel_w * window.in_c
    return (
        Variant(
            name="small",
            cycles=costs.small_cycles(
                window.out_h * window.out_w, window.out_c, length, window.kernel_h * window.kernel_w
            ),
            scratch_bytes=_tile_bytes(length),
            lower=lambda: _conv_call(found, window, length),
            walks=lambda: _walks(
                found, window, window_tile_walks(found.source, found.result, window, tile=2)
            ),
        ),
    )


def matrix_window(rows: int, in_len: int, out_len: int) -> Window:
    """Return the window of a matrix: rows are pixels."""
    return Window(1, rows, 1, in_len, rows, 1, out_len, *(1,) * 6, 0, 0)


def depthwise_variants(
    operation: Operation, found: channels.Operands, window: Window, pointer_bytes: int
) -> tuple[Variant, ...]:
    """Return the variant of a depthwise convolution of fours of channels with a multiplier of 1, if it fits.

    pointer_bytes is the size of a pointer.
    """
    is_usual = found.weights.dtype == "int8" and scaling.is_usual(found, 3)
    if window.in_c != window.out_c or window.in_c % 4 or not is_usual:
        return ()
    if not _can_take(operation, found, window, axis=3):
        return ()
    taps = window.kernel_h * window.kernel_w
    return (
        Variant(
            name="small",
            cycles=costs.small_depthwise_cycles(found.result.elements, taps, window.in_c),
            scratch_bytes=pointer_bytes * taps + window.in_c,
            lower=lambda: _depthwise_call(found, window, pointer_bytes * taps),
            walks=lambda: _walks(
                found, window, window_walks(found.source, found.result, window, window.in_c // 4)
            ),
        ),
    )


def _can_take(operation: Operation, found: channels.Operands, window: Window, axis: int) -> bool:
    """Return whether sizes, starts and scales fit, and outputs have all of int8."""
    sizes = (window.in_h, window.in_w, window.in_c, window.out_h, window.out_w, window.out_c)
    steps = (window.stride_h, window.stride_w, window.dilation_h, window.dilation_w)
    fits = window.batches == 1 and max(sizes) <= _HALF
    fits = fits and max(window.kernel_h, window.kernel_w, *steps) <= _BYTE
    fits = fits and max(abs(window.pad_top), abs(window.pad_left)) <= _SIGNED_BYTE
    if not fits or activation_range(operation, found.result) != (-128, 127):
        return False
    starts = scaling.folded_bias(found, axis)
    is_scaled = all(multiplier for multiplier, _ in scaling.scales(found))
    return is_scaled and bool(np.abs(starts).max() < _MOST_START)


def _starts(found: channels.Operands, axis: int) -> Int64:
    """Return what sums start with and, in the low bits, six of the multiplier and the shift less one."""
    starts, scales = scaling.folded_bias(found, axis), scaling.scales(found)
    low = [(multiplier & 63) << 5 | (-shift - 1) for multiplier, shift in scales]
    return starts << _START_AT | np.array(low, np.int64)


def _scale_table(found: channels.Operands) -> ConstantArgument:
    """Return the other 24 bits of each multiplier as three bytes, after one that is read and not used."""
    parts = (((multiplier - 2**30) >> 6).to_bytes(3, "little") for multiplier, _ in scaling.scales(found))
    return ConstantArgument("scales", np.frombuffer(b"\0" + b"".join(parts), np.uint8))


def _tile_bytes(length: int) -> int:
    """Return the size of two pixels' inputs as an even number of words of two."""
    return 2 * 4 * 2 * -(-length // 4)


def _values(found: channels.Operands, window: Window) -> tuple[int, ...]:
    """Return the initializer of tm_small."""
    w = window
    sizes = (
        w.in_h,
        w.in_w,
        w.in_c,
        w.out_h,
        w.out_w,
        w.out_c,
        w.kernel_h,
        w.kernel_w,
        w.stride_h,
        w.stride_w,
    )
    zero_points = quantization_of(found.source).zero_point, quantization_of(found.result).zero_point
    step = 3 if scaling.is_per_channel(found) else 0
    return (*sizes, w.dilation_h, w.dilation_w, w.pad_top, w.pad_left, *zero_points, step, w.from_end)


def _walks(found: channels.Operands, window: Window, walks: Sequence[Walk]) -> tuple[Walk, ...]:
    """Return walks with the parameters of these kernels."""
    back = {"window": _values(found, replace(window, from_end=1))}
    return tuple(replace(walk, params=back) if walk.params else walk for walk in walks)


def _conv_call(found: channels.Operands, window: Window, length: int) -> KernelCall:
    weights = channels.by_channel(found, axis=0)
    return KernelCall(
        kernel="tm_conv_2d_small_s8",
        params={"window": _values(found, window)},
        arguments=(
            TensorArgument(found.source.id),
            paired.small_weights(weights, _starts(found, axis=0)),
            _scale_table(found),
            ScratchArgument(_tile_bytes(length)),
            TensorArgument(found.result.id),
        ),
    )


def _depthwise_call(found: channels.Operands, window: Window, places_bytes: int) -> KernelCall:
    assert found.weights.data is not None
    taps = np.ascontiguousarray(found.weights.data, np.int8).reshape(-1, window.in_c // 4, 4)
    words = np.ascontiguousarray(taps.swapaxes(0, 1)).view("<i4")[:, :, 0]
    table = np.concatenate([_starts(found, axis=3).astype("<i4").reshape(-1, 4), words], axis=1)
    return KernelCall(
        kernel="tm_depthwise_conv_2d_small_s8",
        params={"window": _values(found, window)},
        arguments=(
            TensorArgument(found.source.id),
            ConstantArgument("weights", table, is_weights=True),
            _scale_table(found),
            ScratchArgument(places_bytes),
            ScratchArgument(window.in_c),
            TensorArgument(found.result.id),
        ),
    )
