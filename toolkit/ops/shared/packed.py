# SPDX-License-Identifier: Apache-2.0
"""A channel's start and scale in few bits: the tables of ARMv7E-M's kernels (kernels/armv7em/tm_layer.h).

A multiplier has 31 bits, but only sums from a least to a greatest one are scaled by it, to one of 256
outputs. So a whole range of multipliers gives the same outputs for all of these sums. Each channel gets one
of its range, such that all of a layer share their low bits, and only the high bits are kept by channel.
Whether outputs stay the same is computed for each channel: by the sums at which its output changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Tensor
from toolkit.ops.shared import channels, scaling
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import ConstantArgument

Int64 = NDArray[np.int64]
_WORD = 32
# A multiplier has 31 bits, the first of which is 1.
_POINT = 30
_LOW_BITS = 13
# So many bits from any place on are in the four bytes that a kernel reads there.
_MOST_MORE_BITS = 25
_LONG_BYTES = 4


@dataclass(frozen=True, eq=False)
class Packing:
    """What tm_layer has of its table; words (channels) and more (channels) are in the channels' order."""

    start_bits: int
    more_bits: int
    shift_bits: int
    least_shift: int
    low: int
    words: Int64
    more: Int64

    def values(self) -> tuple[int, ...]:
        """Return the fields of tm_layer."""
        return self.start_bits, self.more_bits, self.shift_bits, self.least_shift, self.low

    def table_bytes(self, count: int) -> int:
        """Return the size of the tables of count channels."""
        return _LONG_BYTES * count + self._more_bytes(count)

    def words_of(self, places: Sequence[int]) -> NDArray[np.int32]:
        """Return the words of channels in a kernel's order."""
        return (self.words[list(places)] & 0xFFFFFFFF).astype(np.uint32).view(np.int32)

    def table_of(self, places: Sequence[int]) -> ConstantArgument:
        """Return the table of the bits that are not in the words, in a kernel's order."""
        bits = sum(int(self.more[c]) << (place * self.more_bits) for place, c in enumerate(places))
        table = bits.to_bytes(self._more_bytes(len(places)), "little")
        return ConstantArgument("channels", np.frombuffer(table, np.uint8))

    def _more_bytes(self, count: int) -> int:
        return (count - 1) * self.more_bits // 8 + _LONG_BYTES


def packing_of(found: channels.Operands, axis: int) -> Packing | None:
    """Return how an operation for which scaling.is_usual() packs its channels, whose axis is given.

    None if its scales are too different. Sums start with the bias: kernels see to the input's zero point.
    """
    return _packing_of(found.source, found.weights, found.bias, found.result, axis)


@lru_cache(maxsize=128)
def _packing_of(
    source: Tensor, weights: Tensor, bias: Tensor | None, result: Tensor, axis: int
) -> Packing | None:
    """Do what packing_of() does: the compiler asks again and again."""
    found = channels.Operands(source, weights, bias, result)
    starts = channels.bias_values(found, weights.shape[axis])
    multipliers, shifts = (np.array(each, np.int64) for each in zip(*scaling.scales(found), strict=True))
    multipliers, shifts = np.broadcast_to(multipliers, starts.shape), np.broadcast_to(-shifts, starts.shape)
    if multipliers.min() == 0:
        return None
    steps = _Steps(found, axis, shifts)
    least, most = steps.same_as(multipliers)
    start_bits = int(max(starts.max(), -starts.min() - 1)).bit_length() + 1
    shift_bits = int(shifts.max() - shifts.min()).bit_length()
    for bits in range(_POINT - _LOW_BITS, _POINT + 1):
        low = _common(least, most, 1 << (_POINT - bits))
        if low is not None:
            break
    more_bits = max(0, start_bits + shift_bits + bits - _WORD)
    if low is None or start_bits >= _WORD or more_bits > _MOST_MORE_BITS or shift_bits + bits > _WORD:
        return None
    chosen = least + (low - least) % (1 << (_POINT - bits))
    assert np.array_equal(steps.of(chosen), steps.of(multipliers)), "a multiplier changes an output"
    high = (shifts - shifts.min()) << bits | (chosen - (1 << _POINT)) >> (_POINT - bits)
    room = _WORD - start_bits
    words = starts << room | high << (room + more_bits - shift_bits - bits) >> more_bits
    return Packing(
        start_bits=start_bits,
        more_bits=more_bits,
        shift_bits=shift_bits,
        least_shift=int(shifts.min()) - 1,
        low=low,
        words=words,
        more=high & ((1 << more_bits) - 1),
    )


class _Steps:
    """The sums at which outputs of channels change: for each number from -127 to 127 the least sum whose
    output is at least that.

    A sum s with a multiplier m gives at least k if s * m >= bounds[k], as the kernels round twice.
    """

    def __init__(self, found: channels.Operands, axis: int, shifts: Int64) -> None:
        outputs = np.arange(-127, 128) - quantization_of(found.result).zero_point
        self.least, self.most = (each[:, np.newaxis] for each in scaling.sum_range(found, axis))
        high = (2 * outputs - 1) << (shifts[:, np.newaxis] - 1)
        self.bounds = ((high + (high < 0)) << 31) - (1 << 30)

    def of(self, multipliers: Int64) -> Int64:
        """Return the sums (channels, 255) where multipliers' outputs change, or an end of all sums."""
        sums = -(-self.bounds // multipliers[:, np.newaxis])
        return np.asarray(np.clip(sums, self.least, self.most + 1))

    def same_as(self, multipliers: Int64) -> tuple[Int64, Int64]:
        """Return the least and the greatest multiplier with the same steps for each channel."""
        sums = self.of(multipliers)
        at, below = (np.where(each == 0, 1, each) for each in (sums, sums - 1))
        has_at, has_below = (sums <= self.most) & (sums != 0), (sums > self.least) & (sums != 1)
        up, over = -(-self.bounds // at), -(-self.bounds // below)
        down, under = self.bounds // at, self.bounds // below
        least = np.maximum(
            np.where(has_at & (at > 0), up, 0), np.where(has_below & (below < 0), under + 1, 0)
        )
        most = np.minimum(
            np.where(has_at & (at < 0), down, 2**31), np.where(has_below & (below > 0), over - 1, 2**31)
        )
        return np.maximum(least.max(axis=1), 1 << _POINT), np.minimum(most.min(axis=1), 2**31 - 1)


def _common(least: Int64, most: Int64, step: int) -> int | None:
    """Return the number below step that some number of each range has as its rest, if there is one."""
    narrow = most - least + 1 < step
    ends = least[narrow] % step, most[narrow] % step
    for rest in (0, *ends[0].tolist()):
        wraps = ends[0] > ends[1]
        above, below = ends[0] <= rest, rest <= ends[1]
        if np.all(np.where(wraps, above | below, above & below)):
            return int(rest)
    return None
