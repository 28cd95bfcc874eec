# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices by kernels with little code, and two bytes a channel beside the weights
(kernels/armv7em/tm_small.h): the rest of a scale stands in the low bits of the folded bias.

A channel's multiplier follows from its float32 in the file and from one number of the layer
(toolkit/ops/shared/file_scales.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels, costs, file_scales, fours, paired, scaling
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.file_scales import FileScales
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import (
    ConstantArgument,
    KernelCall,
    ScratchArgument,
    TensorArgument,
    Variant,
    Walk,
)
from toolkit.ops.shared.walk import band_walks, window_tile_walks
from toolkit.ops.shared.window import Window

Int64 = NDArray[np.int64]
_BYTE, _HALF, _SIGNED_BYTE = 255, 65535, 127
_AXIS = 3
_START_AT = 11
_LOW_BITS, _EXTRA_BITS = 7, 4
_WORD_BYTES = 4
_MOST_START = 2**20


def conv_variants(operation: Operation, found: channels.Operands, window: Window) -> tuple[Variant, ...]:
    """Return the variant of a convolution that is not grouped, or of a matrix, if there is one."""
    scales = _scales_that_fit(operation, found, window, axis=0) if paired.can_pair(found, axis=0) else None
    if scales is None:
        return ()
    length = window.kernel_h * window.kernel_w * window.in_c
    return (
        Variant(
            name="small",
            cycles=costs.small_cycles(
                window.out_h * window.out_w, window.out_c, length, window.kernel_h * window.kernel_w
            ),
            scratch_bytes=_tile_bytes(length) + _WORD_BYTES * window.out_c,
            lower=lambda: _conv_call(found, window, scales, length),
            walks=lambda: _walks(
                found, window, scales, window_tile_walks(found.source, found.result, window, tile=2)
            ),
        ),
    )


def matrix_window(rows: int, in_len: int, out_len: int) -> Window:
    """Return the window of a matrix: rows are pixels."""
    return Window(1, rows, 1, in_len, rows, 1, out_len, *(1,) * 6, 0, 0)


def depthwise_variants(
    operation: Operation, found: channels.Operands, window: Window, pointer_bytes: int
) -> tuple[Variant, ...]:
    """Return the variant of a depthwise convolution that fours.can_take(), if there is one.

    pointer_bytes is the size of a pointer.
    """
    if found.weights.dtype != "int8":
        return ()
    scales = _scales_that_fit(operation, found, window, _AXIS)
    if scales is None:
        return ()
    taps = window.kernel_h * window.kernel_w
    return (
        Variant(
            name="small",
            cycles=costs.small_depthwise_cycles(found.result.elements, taps, window.in_c),
            scratch_bytes=_fours_bytes(window) + pointer_bytes * taps + window.in_c,
            lower=lambda: _depthwise_call(found, window, scales, pointer_bytes * taps),
            walks=lambda: _walks(found, window, scales, band_walks(found.source, found.result, window, 1)),
        ),
    )


def _scales_that_fit(
    operation: Operation, found: channels.Operands, window: Window, axis: int
) -> FileScales | None:
    """Return the scales if sizes, starts and scales fit, and outputs have all of int8."""
    sizes = (window.in_h, window.in_w, window.in_c, window.out_h, window.out_w, window.out_c)
    steps = (window.stride_h, window.stride_w, window.dilation_h, window.dilation_w)
    fits = window.batches == 1 and max(sizes) <= _HALF
    fits = fits and max(window.kernel_h, window.kernel_w, *steps) <= _BYTE
    fits = fits and max(abs(window.pad_top), abs(window.pad_left)) <= _SIGNED_BYTE
    fits = fits and activation_range(operation, found.result) == (-128, 127)
    if not fits or np.abs(scaling.folded_bias(found, axis)).max() >= _MOST_START:
        return None
    scales = file_scales.file_scales(found)
    return scales if scales and max(scales.extra_shifts) < 2**_EXTRA_BITS else None


def _starts(found: channels.Operands, scales: FileScales, axis: int) -> Int64:
    """Return what sums start with and, in the low bits, seven of the mantissa and the shift."""
    starts = scaling.folded_bias(found, axis)
    pairs = zip(scales.mantissas, scales.extra_shifts, strict=True)
    low = [(mantissa & (2**_LOW_BITS - 1)) << _EXTRA_BITS | extra for mantissa, extra in pairs]
    return starts << _START_AT | np.array(low, np.int64)


def _scale_table(scales: FileScales, places: Sequence[int]) -> ConstantArgument:
    """Return the high bits of the mantissas of channels in the kernel's order, or of the one for all."""
    halves = np.array(scales.mantissas, np.int64) >> _LOW_BITS
    return ConstantArgument("scales", halves[places if len(halves) > 1 else [0]].astype(np.uint16))


def _tile_bytes(length: int) -> int:
    """Return the size of two pixels' inputs as an even number of words of two."""
    return 2 * 4 * 2 * -(-length // 4)


def _fours_bytes(window: Window) -> int:
    """Return the size of the multipliers of fours of channels."""
    return _WORD_BYTES * 4 * -(-window.in_c // 4)


def _values(found: channels.Operands, window: Window, scales: FileScales) -> tuple[int, ...]:
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
    step = 1 if scaling.is_per_channel(found) else 0
    places = (w.dilation_h, w.dilation_w, w.pad_top, w.pad_left, *zero_points, step, w.from_end)
    return (*sizes, *places, scales.high, scales.low)


def _walks(
    found: channels.Operands, window: Window, scales: FileScales, walks: Sequence[Walk]
) -> tuple[Walk, ...]:
    """Return walks with the parameters of these kernels."""
    back = {"window": _values(found, replace(window, from_end=1), scales)}
    return tuple(replace(walk, params=back) if walk.params else walk for walk in walks)


def _conv_call(found: channels.Operands, window: Window, scales: FileScales, length: int) -> KernelCall:
    weights = channels.by_channel(found, axis=0)
    return KernelCall(
        kernel="tm_conv_2d_small_s8",
        params={"window": _values(found, window, scales)},
        arguments=(
            TensorArgument(found.source.id),
            paired.small_weights(weights, _starts(found, scales, axis=0)),
            _scale_table(scales, range(window.out_c)),
            ScratchArgument(_tile_bytes(length)),
            ScratchArgument(_WORD_BYTES * window.out_c),
            TensorArgument(found.result.id),
        ),
    )


def _depthwise_call(
    found: channels.Operands, window: Window, scales: FileScales, places_bytes: int
) -> KernelCall:
    assert found.weights.data is not None
    places = fours.channels_by_four(window.in_c)
    taps = np.ascontiguousarray(found.weights.data, np.int8).reshape(-1, window.in_c)[:, places]
    words = np.ascontiguousarray(taps.reshape(len(taps), -1, 4).swapaxes(0, 1)).view("<i4")[:, :, 0]
    starts = _starts(found, scales, _AXIS)[places]
    table = np.concatenate([starts.astype("<i4").reshape(-1, 4), words], axis=1)
    return KernelCall(
        kernel="tm_depthwise_conv_2d_small_s8",
        params={"window": _values(found, window, scales)},
        arguments=(
            TensorArgument(found.source.id),
            ConstantArgument("weights", table, is_weights=True),
            _scale_table(scales, places),
            ScratchArgument(_fours_bytes(window)),
            ScratchArgument(places_bytes),
            ScratchArgument(window.in_c),
            TensorArgument(found.result.id),
        ),
    )
