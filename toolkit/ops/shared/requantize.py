# SPDX-License-Identifier: Apache-2.0
"""Scales as integers: the multiplier of a scale, and a product with it rounded as TFLM rounds.

TFLM's kernels for int8 round twice: the doubled high half of the 64-bit product to the nearest
(ties up), then the shift to the right to the nearest (ties away from zero). Found by experiment:
rounding once differs in 3 % of random values. kernels/tm_requantize.h is the same in C.
Source: Jacob et al., "Quantization and Training of Neural Networks", section 2.2.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Int64 = NDArray[np.int64]


def quantize_multiplier(scale: float) -> tuple[int, int]:
    """Return (multiplier, shift) with scale = multiplier * 2**(shift - 31).

    multiplier is in [2**30, 2**31), or 0 for a scale below 2**-32; a positive shift is to the left.
    Raises ValueError if scale is negative, not finite or 2**31 or more.
    """
    if not math.isfinite(scale) or scale < 0:
        raise ValueError(f"a scale of {scale} has no multiplier")
    if scale == 0:
        return 0, 0
    fraction, shift = math.frexp(scale)
    multiplier = math.floor(fraction * 2.0**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift > 30:
        raise ValueError(f"a scale of {scale} is too large for a multiplier")
    return (0, 0) if shift < -31 else (multiplier, shift)


def high_mul(a: ArrayLike, b: ArrayLike) -> Int64:
    """Return a * b / 2**31 rounded to the nearest, ties up; int32 values, held within int32."""
    product = np.asarray(a, dtype=np.int64) * np.asarray(b, dtype=np.int64)
    return np.asarray(np.minimum((product + (1 << 30)) >> 31, 2**31 - 1), dtype=np.int64)


def rounding_shift_right(a: ArrayLike, bits: ArrayLike) -> Int64:
    """Return a / 2**bits rounded to the nearest, ties away from zero."""
    a, bits = np.asarray(a, dtype=np.int64), np.asarray(bits, dtype=np.int64)
    half = (np.int64(1) << bits) >> 1
    return np.asarray(np.where(a < 0, -((-a + half) >> bits), (a + half) >> bits), dtype=np.int64)


def reduced_multiplier(multiplier: int, shift: int) -> tuple[int, int]:
    """Return (multiplier, bits) for x * multiplier / 2**bits, rounded once: TFLM's way with 64-bit sums.

    The multiplier of quantize_multiplier is rounded to 15 bits; bits is at least 1 for a scale below
    2**14.
    """
    return (multiplier + (1 << 15)) >> 16 if multiplier < 0x7FFF0000 else 0x7FFF, 15 - shift


def requantize_once(x: ArrayLike, multiplier: ArrayLike, bits: ArrayLike) -> Int64:
    """Return x times the scale that reduced_multiplier made (multiplier, bits) of; all broadcast."""
    bits = np.asarray(bits, dtype=np.int64)
    product = np.asarray(x, dtype=np.int64) * np.asarray(multiplier, dtype=np.int64)
    return np.asarray((product + (np.int64(1) << (bits - 1))) >> bits, dtype=np.int64)


def requantize(x: ArrayLike, multiplier: ArrayLike, shift: ArrayLike) -> Int64:
    """Return x times the scale that quantize_multiplier made (multiplier, shift) of; all broadcast."""
    shift = np.asarray(shift, dtype=np.int64)
    shifted = (np.asarray(x, dtype=np.int64) << np.maximum(shift, 0)).astype(np.int32)
    return rounding_shift_right(high_mul(shifted, multiplier), np.maximum(-shift, 0))
