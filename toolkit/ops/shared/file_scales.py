# SPDX-License-Identifier: Apache-2.0
"""A layer's multipliers, computed on the device from the weights' scales as the file has them.

A multiplier has 31 bits, but it comes from a float32 of 24 and from two scales that all channels share.
So a channel needs the float's 23 bits and its shift, and the layer one number of 56 bits. Whether that
gives the same multiplier is computed here for each channel, as the kernels compute it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from toolkit.ops.shared import channels, scaling
from toolkit.ops.shared.operands import quantization_of

_WORD = 32
# The last eight bits of the layer's number hold the least shift.
_SHIFT_BITS = 8


@dataclass(frozen=True)
class FileScales:
    """mantissas has the 23 bits after the point of each channel's float32, or of all; extra_shifts how much
    farther each shifts to the right than the least. high and low are what the layer has.
    """

    mantissas: Sequence[int]
    extra_shifts: Sequence[int]
    high: int
    low: int


def file_scales(found: channels.Operands) -> FileScales | None:
    """Return the scales of an operation; None if a shift is to the left or a multiplier another one."""
    wanted = scaling.scales(found)
    floats = [math.frexp(s) for s in quantization_of(found.weights).scales[: len(wanted)]]
    mantissas = [fraction * 2**24 for fraction, _ in floats]
    less = [-shift - 1 for _, shift in wanted]
    if not all(m.is_integer() for m in mantissas) or min(less) < 0:
        return None
    numbers = [int(m) for m in mantissas]
    number = _ratio(found) >> _SHIFT_BITS << _SHIFT_BITS | min(less)
    high, low = divmod(number, 1 << _WORD)
    if any(_multiplier(n, high, low) != m for n, (m, _) in zip(numbers, wanted, strict=True)):
        return None
    return FileScales([n - 2**23 for n in numbers], [each - min(less) for each in less], high, low)


def _ratio(found: channels.Operands) -> int:
    """Return the input's scale by the output's in 64 bits, whatever their power of two."""
    into, out = quantization_of(found.source).scale, quantization_of(found.result).scale
    ratio = Fraction(into) / Fraction(out)
    power = ratio.numerator.bit_length() - ratio.denominator.bit_length()
    bits = 2 * _WORD - 1 - power
    scaled = ratio * (Fraction(1 << bits) if bits >= 0 else Fraction(1, 1 << -bits))
    return int(scaled) if scaled >= 1 << (2 * _WORD - 1) else int(2 * scaled)


def _multiplier(number: int, high: int, low: int) -> int:
    """Return what kernels/armv7em/tm_small_multipliers.c makes of a float32 of 24 bits."""
    number <<= 8
    product = number * high + (number * low >> _WORD)
    whole, rest = divmod(product, 1 << _WORD)
    return (whole + 1) >> 1 if whole >> 31 else whole + (rest >> 31)
