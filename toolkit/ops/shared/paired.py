# SPDX-License-Identifier: Apache-2.0
"""Weights of two output channels in one halfword: the layout of ARMv7E-M's kernels (tm_tile_s8.h).

256 * b + a is an int16 if a and b are weights of 8 bits. One multiply-accumulate of such words with
inputs sums 256 * (sum of b) + (sum of a), another one of their low bytes the sum of a; the
difference is 256 * (sum of b), modulo 2**32. This is exact if the sum of b fits in 24 bits, which
weights, bias and the range of int8 prove here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.ops.shared import channels, scaling
from toolkit.ops.shared.operator import ConstantArgument

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def can_pair(found: channels.Operands, axis: int) -> bool:
    """Return whether the sums of an operation's paired weights are exact, for every input.

    axis is that of the output channels.
    """
    if not scaling.is_usual(found, axis):
        return False
    weights = channels.by_channel(found, axis)
    if weights.min() < -128 or weights.max() > 127:
        return False
    least, most = scaling.sum_range(found, axis)
    half, seconds = _halves(weights), slice(1, None, 2)
    return bool(
        half.min() >= -(2**15)
        and half.max() < 2**15
        and most[seconds].max(initial=0) < 2**23
        and least[seconds].min(initial=0) >= -(2**23)
    )


def paired_weights(weights: Int64, runs: int = 1) -> Int32:
    """Return the table of weights (channels, inputs): for each two channels a word for each two inputs. The
    inputs stand in so many runs, one after the other.
    """
    half = _halves(weights)
    split = half.reshape(len(half), runs, -1)
    split = np.pad(split, ((0, 0), (0, 0), (0, 1)))
    first, second = (np.array(places) for places in zip(*_word_inputs(split.shape[2] - 1), strict=True))
    words = (split[:, :, first] & 0xFFFF) | (split[:, :, second] << 16)
    return words.astype(np.uint32).view(np.int32)


def strip_weights(weights: Int64, runs: int) -> Int32:
    """Return the same for weights (channels, height, width, inputs), of two rows of taps at a time: a word
    for each tap of one and the tap below it, of a row that is left over for each two taps of a run.
    """
    half = _halves(weights.reshape(len(weights), -1)).reshape(
        -(-len(weights) // 2), weights.shape[1], runs, -1
    )
    high = half.shape[1] // 2 * 2
    last = np.pad(half[:, high:], ((0, 0), (0, 0), (0, 0), (0, half.shape[3] % 2)))
    firsts = [half[:, 0:high:2].reshape(len(half), -1), last[..., 0::2].reshape(len(half), -1)]
    seconds = [half[:, 1:high:2].reshape(len(half), -1), last[..., 1::2].reshape(len(half), -1)]
    words = (np.concatenate(firsts, axis=1) & 0xFFFF) | (np.concatenate(seconds, axis=1) << 16)
    return np.ascontiguousarray(words & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def small_weights(weights: Int64) -> Int32:
    """Return the table of weights of tm_small_tile_s8.h."""
    half = _halves(np.pad(weights, ((0, 0), (0, weights.shape[1] % 2))))
    words = (half[:, 0::2] & 0xFFFF) | (half[:, 1::2] << 16)
    count = len(half) // 2 * 2
    fours = words[:count].reshape(count // 2, 2, words.shape[1]).swapaxes(1, 2)
    flat = np.concatenate([fours.ravel(), words[count:].ravel()])
    return (flat & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def column_weights(weights: Int64) -> Int32:
    """Return the same for weights (channels, 3, 3, inputs), of inputs in fours: for each row of taps and
    word of inputs those of the last tap, of the one in the middle and of the first.
    """
    half = _halves(weights.reshape(len(weights), -1)).reshape(-1, 3, 3, weights.shape[3] // 4, 2, 2)
    words = (half[..., 0, :] & 0xFFFF) | (half[..., 1, :] << 16)
    ordered = np.ascontiguousarray(words.transpose(0, 1, 3, 4, 2)[..., ::-1])
    return ordered.astype(np.uint32).view(np.int32)


def some_bytes(rows: int, out_count: int) -> int:
    """Return the size of the buffer for the outputs of two or three rows that are left over by four."""
    return 4 * out_count if rows % 4 >= 2 else 0


def column_bytes(in_c: int) -> int:
    """Return the size of three rows of six columns' inputs as words of two."""
    return 3 * 6 * 4 * in_c // 2


def row_weights(weights: Int64, bias: Int64) -> ConstantArgument:
    """Return the same for one row at a time (tm_row_s8.h): the words of four pairs side by side, then
    each pair that is left over.
    """
    half = _halves(np.pad(weights, ((0, 0), (0, -weights.shape[1] % 4))))
    fours = half.reshape(len(half), -1, 2, 2)
    words = (fours[:, :, 0] & 0xFFFF) | (fours[:, :, 1] << 16)
    table = np.concatenate([_starts(bias)[:, np.newaxis], words], axis=1)
    whole = len(weights) // 8 * 4
    eights = table[:whole].reshape(-1, 4, *table.shape[1:]).swapaxes(1, 2)
    flat = np.concatenate([eights.ravel(), table[whole:].ravel()])
    return ConstantArgument("weights", flat.astype(np.uint32).view(np.int32), is_weights=True)


def row_scales(found: channels.Operands, count: int) -> ConstantArgument:
    """Return the table of scales of count channels for one row at a time."""
    return scaling.added_table(found, in_twos(count))


def row_values(found: channels.Operands, in_len: int, out_len: int) -> tuple[int, ...]:
    """Return the initializer of tm_row."""
    step = 20 if scaling.is_per_channel(found) else 0
    return in_len // 4, in_len % 4, out_len, step


def in_twos(count: int) -> list[int]:
    """Return the channels as the kernels take them: the last one stands twice if it has no partner."""
    return [min(place, count - 1) for place in range(count + count % 2)]


def _starts(bias: Int64) -> Int64:
    """Return what the sums of a and of 256 * b + a start with, for each two channels."""
    even = np.pad(bias, (0, len(bias) % 2))
    return np.stack([even[0::2], even[0::2] + 256 * even[1::2]], axis=1)


def _word_inputs(length: int) -> list[tuple[int, int]]:
    """Return which two inputs of a run share a word, as tm_widen_s8 has them; length stands for a zero."""
    whole = length - length % 4
    fours = [(place + i, place + i + 2) for place in range(0, whole, 4) for i in range(2)]
    rest = {0: [], 1: [(0, 1)], 2: [(0, 1)], 3: [(0, 2), (1, 3)]}[length - whole]
    return fours + [(whole + one, whole + other) for one, other in rest]


def tile_bytes(length: int, runs: int = 1) -> int:
    """Return the size of four pixels' inputs as words of two."""
    return 4 * 4 * runs * -(-length // 2)


def _halves(weights: Int64) -> Int64:
    """Return 256 * b + a for each two channels a and b of weights (channels, inputs)."""
    even = np.pad(weights, ((0, len(weights) % 2), (0, 0)))
    return np.asarray(256 * even[1::2] + even[0::2], dtype=np.int64)
