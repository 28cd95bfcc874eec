# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrices by the kernels of ARMv6-M (firmware_templates/kernels/armv6m/).

A 32-bit product is all that such a core has. Two pixels' inputs in a word, a + 2**16 * b, times a weight are
both products; their sums are told apart as long as each stays within 16 bits. Two weights make such sums
always, unless both are -128, four of them where they are not all large. Weights and zero points prove here
what a channel takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Operation
from toolkit.ops.shared import channels, fours, scaling
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import (
    Argument,
    ConstantArgument,
    KernelCall,
    NullArgument,
    ScratchArgument,
    TensorArgument,
    Variant,
    Walk,
)
from toolkit.ops.shared.walk import band_walks, row_walks, window_tile_walks, window_walks
from toolkit.ops.shared.window import Window
from toolkit.targets.target import Target

Int64 = NDArray[np.int64]
_TILE = 4
_START_AT, _LESS_AT = 6, 1
_MOST_START = 2**25
_HALF = 2**15
_DEPTHWISE_AXIS = 3
# Of the computers that verify the C too.
_POINTER_BYTES = 8
# Cycles of a Cortex-M0+, read off counts as those in costs.py were. A portable product takes 7.2 by gcc -O2
# and 12.9 by -Os, which --optimize size builds with: something between.
_PLAIN_PRODUCT, _PLAIN_OUTPUT, _PLAIN_TAP = 9.5, 90, 17
_PLAIN_PIXEL, _PLAIN_GATHERED = 400, 60
_PACKED_PRODUCT, _PACKED_OUTPUT, _PACKED_INPUT, _PACKED_TAP, _PACKED_START = 3.2, 44, 14, 130, 500
_ROW_PRODUCT, _ROW_OUTPUT = 4.9, 55
_DEPTHWISE_TAP, _DEPTHWISE_OUTPUT, _FOUND_TAP = 7.6, 55, 60


def has_kernels(target: Target) -> bool:
    """Return whether a target has the kernels in firmware_templates/kernels/armv6m/."""
    return target.isa == "armv6m"


def plain_cycles(outputs: int, products: int) -> float:
    """Return the cost of a portable convolution or matrix: so many outputs of so many products each."""
    return outputs * (products * _PLAIN_PRODUCT + _PLAIN_OUTPUT)


def gather_cycles(pixels: int, groups: int, taps: int) -> float:
    """Return what it costs the portable convolution to put together a pixel's inputs."""
    return pixels * groups * (_PLAIN_PIXEL + taps * _PLAIN_GATHERED)


def plain_depthwise_cycles(outputs: int, taps: int) -> float:
    """Return the cost of a portable depthwise convolution."""
    return outputs * (taps * _PLAIN_TAP + _PLAIN_OUTPUT)


def convolution(
    operation: Operation, found: channels.Operands, window: Window, plain: Variant
) -> tuple[Variant, ...]:
    """Return the variants of a CONV_2D, plain with its cost on this core."""
    in_count = found.weights.shape[3]
    taps, pixels = window.kernel_h * window.kernel_w, found.result.elements // window.out_c
    cycles = plain_cycles(found.result.elements, taps * in_count)
    cycles += gather_cycles(pixels, window.in_c // in_count, taps)
    fast = _packed(operation, found, window) if in_count == window.in_c else ()
    return (*fast, replace(plain, cycles=cycles))


def matrix(
    operation: Operation, found: channels.Operands, window: Window, plain: Variant
) -> tuple[Variant, ...]:
    """Return the variants of rows times a matrix; the rows are the pixels of window."""
    cycles = plain_cycles(found.result.elements, window.in_c)
    packed = tuple(_packed(operation, found, window))
    by_row = tuple(_row_fours(operation, found, window))
    fast = (*by_row, *packed) if window.in_h < _TILE else (*packed, *by_row)
    return (*fast, replace(plain, cycles=cycles))


def depthwise(
    operation: Operation, found: channels.Operands, window: Window, plain: Variant
) -> tuple[Variant, ...]:
    """Return the variants of a DEPTHWISE_CONV_2D, plain with its cost on this core."""
    cycles = plain_depthwise_cycles(found.result.elements, window.kernel_h * window.kernel_w)
    return (*_taps_fours(operation, found, window), replace(plain, cycles=cycles))


def _packed(operation: Operation, found: channels.Operands, window: Window) -> Iterator[Variant]:
    """Yield the variant of a convolution that is not grouped, or of a matrix, if there is one."""
    weights = channels.by_channel(found, axis=0) if _can_take(found, axis=0) else None
    if weights is None or not _fits(weights, 2).all():
        return
    pixels, taps = window.batches * window.out_h * window.out_w, window.kernel_h * window.kernel_w
    some_bytes = _TILE * window.out_c if pixels % _TILE >= 2 else 0
    x_bytes, tiles = 8 * (taps * window.in_c + -(taps * window.in_c) % 4), -(-pixels // _TILE)
    gathered = taps * (_PACKED_TAP + window.in_c * 2 * _PACKED_INPUT)
    each = _TILE * (taps * window.in_c * _PACKED_PRODUCT + _PACKED_OUTPUT)

    def call() -> KernelCall:
        some: Argument = ScratchArgument(some_bytes) if some_bytes else NullArgument()
        return KernelCall(
            kernel="tm_conv_2d_packed_s8",
            params={
                "window": window.values(),
                "rounding": _rounding(found),
                **scaling.limits(operation, found),
                "padding": quantization_of(found.source).zero_point,
            },
            arguments=(
                TensorArgument(found.source.id),
                _packed_weights(found, weights),
                ScratchArgument(x_bytes),
                ScratchArgument(window.in_c),
                some,
                TensorArgument(found.result.id),
            ),
        )

    yield Variant(
        name="packed",
        cycles=tiles * (_PACKED_START + gathered + window.out_c * each),
        scratch_bytes=x_bytes + window.in_c + some_bytes,
        lower=call,
        walks=lambda: window_tile_walks(found.source, found.result, window),
    )


def _row_fours(operation: Operation, found: channels.Operands, window: Window) -> Iterator[Variant]:
    """Yield the variant of a matrix one row at a time, if there is one."""
    if not _can_take(found, axis=0):
        return
    weights = channels.by_channel(found, axis=0)
    padded = np.pad(weights, ((0, -len(weights) % 4), (0, 0)))

    def call() -> KernelCall:
        return KernelCall(
            kernel="tm_fully_connected_fours_s8",
            params={
                "row": (window.in_c, window.out_c, _rounding(found), _step(found)),
                **scaling.limits(operation, found),
                "batches": window.in_h,
                "from_end": 0,
            },
            arguments=(
                TensorArgument(found.source.id),
                _weights_by_four(found, padded, *_by_channel(found, 0, len(padded))),
                TensorArgument(found.result.id),
            ),
        )

    yield Variant(
        name="fours",
        cycles=window.in_h * len(padded) * (window.in_c * _ROW_PRODUCT + _ROW_OUTPUT),
        scratch_bytes=0,
        lower=call,
        walks=lambda: row_walks(found.source, found.result, window.in_h),
    )


def _taps_fours(operation: Operation, found: channels.Operands, window: Window) -> Iterator[Variant]:
    """Yield the variant of a depthwise convolution with a multiplier of 1, if there is one."""
    if window.in_c != window.out_c or window.in_c < 4 or not _can_take(found, _DEPTHWISE_AXIS):
        return
    weights = channels.by_channel(found, _DEPTHWISE_AXIS)
    places, taps = fours.channels_by_four(window.in_c), weights.shape[1]
    in_place = window.in_c % 4 == 0

    def call() -> KernelCall:
        words, multipliers = _by_channel(found, _DEPTHWISE_AXIS, window.in_c)
        return KernelCall(
            kernel="tm_depthwise_conv_2d_fours_s8",
            params={
                "window": window.values(),
                "fours": (taps, window.in_c - 4, _rounding(found), _step(found)),
                **scaling.limits(operation, found),
                "padding": quantization_of(found.source).zero_point,
            },
            arguments=(
                TensorArgument(found.source.id),
                _weights_by_four(found, weights[places], words[places], multipliers[places]),
                ScratchArgument(_POINTER_BYTES * taps),
                ScratchArgument(window.in_c),
                TensorArgument(found.result.id),
            ),
        )

    def walks() -> tuple[Walk, ...]:
        if in_place:
            return window_walks(found.source, found.result, window, window.in_c // 4)
        return band_walks(found.source, found.result, window, 1)

    pixels = found.result.elements // window.out_c
    yield Variant(
        name="fours",
        cycles=pixels * taps * _FOUND_TAP
        + pixels * len(places) * (taps * _DEPTHWISE_TAP + _DEPTHWISE_OUTPUT),
        scratch_bytes=_POINTER_BYTES * taps + window.in_c,
        lower=call,
        walks=walks,
    )


def _can_take(found: channels.Operands, axis: int) -> bool:
    if not scaling.is_usual(found, axis):
        return False
    weights, starts = channels.by_channel(found, axis), scaling.folded_bias(found, axis)
    is_int8 = weights.min() >= -128 and weights.max() <= 127
    return bool(is_int8 and np.abs(starts).max() < _MOST_START)


def _fits(weights: Int64, count: int) -> NDArray[np.bool_]:
    """Return for each channel whether the sums of each count weights' products stay within 16 bits."""
    parts = np.pad(weights, ((0, 0), (0, -weights.shape[1] % count))).reshape(len(weights), -1, count)
    above, below = parts.clip(min=0).sum(axis=2), parts.clip(max=0).sum(axis=2)
    least, most = 127 * below - 128 * above, 127 * above - 128 * below
    return np.asarray((least.min(axis=1) >= -_HALF) & (most.max(axis=1) < _HALF))


def _by_channel(found: channels.Operands, axis: int, count: int) -> tuple[Int64, Int64]:
    """Return each channel's word, what its sum starts with and its shift to the right less one, and its
    multiplier; zeros up to count channels.
    """
    starts, scales = scaling.folded_bias(found, axis), scaling.scales(found)
    scales = scales if len(scales) > 1 else scales * len(starts)
    less = np.array([-shift - 1 for _, shift in scales], np.int64)
    multipliers = np.array([multiplier for multiplier, _ in scales], np.int64)
    missing = (0, count - len(starts))
    return np.pad(starts << _START_AT | less << _LESS_AT, missing), np.pad(multipliers, missing)


def _rounding(found: channels.Operands) -> int:
    return 2 * quantization_of(found.result).zero_point + 1


def _step(found: channels.Operands) -> int:
    """Return how many bytes the multipliers of two channels are apart; 0 where all have one."""
    return 4 if scaling.is_per_channel(found) else 0


def _packed_weights(found: channels.Operands, weights: Int64) -> ConstantArgument:
    """Return the table of tm_packed_tile_s8.h."""
    words, multipliers = _by_channel(found, 0, len(weights))
    by_two = ~_fits(weights, 4)
    padded = np.pad(weights, ((0, 0), (0, -weights.shape[1] % 4))).astype(np.int8).view("<i4")
    table = np.concatenate([np.stack([words | by_two, multipliers], axis=1), padded], axis=1)
    return ConstantArgument("weights", table.astype("<i4"), is_weights=True)


def _weights_by_four(
    found: channels.Operands, weights: Int64, words: Int64, multipliers: Int64
) -> ConstantArgument:
    """Return the table of tm_four_channels.h; weights (channels, inputs), of a multiple of four channels."""
    by_input = weights.astype(np.int8).reshape(-1, 4, weights.shape[1]).swapaxes(1, 2)
    inputs = np.ascontiguousarray(by_input).view("<i4")[:, :, 0]
    scales = multipliers.reshape(-1, 4) if _step(found) else multipliers[::4, np.newaxis]
    table = np.concatenate([words.reshape(-1, 4), inputs, scales], axis=1)
    return ConstantArgument("weights", table.astype("<i4"), is_weights=True)
