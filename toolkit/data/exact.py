# SPDX-License-Identifier: Apache-2.0
"""Tables of cosines and mel bands as integers that are the same on every machine.

They are rounded from decimal arithmetic of 50 digits, which is done in integers and is the same
everywhere; a C library's cos() may differ in its last bit.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from functools import cache

import numpy as np
from numpy.typing import NDArray

_PI = Decimal("3.14159265358979323846264338327950288419716939937510")
_PRECISE = Context(prec=50)
_TINY = Decimal(10) ** -45
Integers = NDArray[np.int64]


@cache
def hann_q15(length: int) -> Integers:
    """Return the periodic Hann window of length as Q15: 32768 (1 - cos(2 pi i / length)) / 2."""
    with localcontext(_PRECISE):
        return _q15([(1 - cosine(i, length)) / 2 for i in range(length)])


@cache
def circle_q15(size: int) -> tuple[Integers, Integers]:
    """Return cos and sin of 2 pi k / size for k from 0 to size / 2, as Q15."""
    with localcontext(_PRECISE):
        cosines = _q15([cosine(k, size) for k in range(size // 2 + 1)])
        return cosines, _q15([cosine(4 * k - size, 4 * size) for k in range(size // 2 + 1)])


@cache
def dct_q15(coefficients: int, bands: int) -> Integers:
    """Return the orthonormal DCT-II (coefficients, bands) as Q15."""
    with localcontext(_PRECISE):
        first, other = (Decimal(1) / bands).sqrt(), (Decimal(2) / bands).sqrt()
        rows = [
            _q15([(other if j else first) * cosine(j * (2 * b + 1), 4 * bands) for b in range(bands)])
            for j in range(coefficients)
        ]
    return np.stack(rows)


@cache
def mel_q12(bands: int, fft: int, rate: int, low_hz: int, high_hz: int) -> Integers:
    """Return triangles (bands, fft / 2 + 1) that rise to 4096 and fall, at equal distances in mel.

    mel(f) = 2595 log10(1 + f / 700). A band too narrow for any bin is all zero.
    """
    with localcontext(_PRECISE):
        low, high = (2595 * (1 + Decimal(hz) / 700).log10() for hz in (low_hz, high_hz))
        mels = [low + (high - low) * i / (bands + 1) for i in range(bands + 2)]
        edges = [700 * (Decimal(10) ** (mel / 2595) - 1) for mel in mels]
        bins = [Decimal(k * rate) / fft for k in range(fft // 2 + 1)]
        rows = [
            [_triangle(hz, *edges[b : b + 3]) if edges[b] < hz < edges[b + 2] else Decimal(0) for hz in bins]
            for b in range(bands)
        ]
        return np.array([[_rounded(4096 * value) for value in row] for row in rows], np.int64)


def cosine(numerator: int, denominator: int) -> Decimal:
    """Return cos(2 pi numerator / denominator), by its power series, to 45 digits."""
    with localcontext(_PRECISE):
        square = (2 * _PI * (numerator % denominator) / denominator) ** 2
        term = total = Decimal(1)
        place = 0
        while abs(term) > _TINY:
            place += 2
            term *= -square / (place * (place - 1))
            total += term
        return total


def _triangle(hz: Decimal, left: Decimal, top: Decimal, right: Decimal) -> Decimal:
    return min((hz - left) / (top - left), (right - hz) / (right - top))


def _q15(values: list[Decimal]) -> Integers:
    return np.array([max(min(_rounded(32768 * value), 32767), -32767) for value in values], np.int64)


def _rounded(value: Decimal) -> int:
    """Round to the nearest; a half goes up."""
    return int((value + Decimal("0.5")).to_integral_value(ROUND_FLOOR))
