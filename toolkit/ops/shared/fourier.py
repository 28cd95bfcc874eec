# SPDX-License-Identifier: Apache-2.0
"""What SIGNAL_RFFT and SIGNAL_IRFFT share: the transform of complex int16 numbers, as TFLM rounds it.

It goes by fours and at last by twos, each step divided by as many. Numbers are pairs along the last
dimension. way is -1 for the transform and 1 for its inverse, which is divided, too.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from toolkit.ops.shared.lookup import Int64

INT16_TYPE = 7
"""The schema's number of int16, as the operators' option T has it."""
LEAST_POINTS, MOST_POINTS = 4, 2**14
FLIP = np.array([1, -1], np.int64)
"""Times a number, its conjugate."""
_ONE = 2**15 - 1


def turns(points: int, way: int) -> NDArray[np.int16]:
    """Return cosine and sine of each part of a turn, (points / 2, 2), for the transform of pairs."""
    return np.array([_turn(i / (points // 2), way) for i in range(points // 2)], np.int16)


def half_turns(points: int, way: int) -> NDArray[np.int16]:
    """Return what parts real samples' two halves, or joins them, (points / 4, 2)."""
    return np.array([_turn((i / (points // 2) + 0.5) / 2, way) for i in range(1, points // 4 + 1)], np.int16)


def held(x: Int64) -> Int64:
    """Return x gone round at 16 bits."""
    return np.asarray(x, np.int64).astype(np.int16).astype(np.int64)


def divided(x: Int64, parts: int) -> Int64:
    """Return about x / parts: times 32767 / parts, half up."""
    return held(x * (_ONE // parts) + 2**14 >> 15)


def product(x: Int64, factors: NDArray[np.integer]) -> Int64:
    """Return complex products."""
    other = factors.astype(np.int64)
    a, b, c, d = x[..., 0], x[..., 1], other[..., 0], other[..., 1]
    return held(np.stack([a * c - b * d, a * d + b * c], axis=-1) + 2**14 >> 15)


def transform(x: Int64, way: int) -> Int64:
    """Return the transform of complex numbers (n, 2)."""
    if len(x) == 1:
        return x
    count = 4 if len(x) % 4 == 0 else 2
    size = len(x) // count
    parts = []
    for part in range(count):
        factors = np.array([_turn(part * i / len(x), way) for i in range(size)], np.int64)
        inner = divided(transform(x[part::count], way), count)
        parts.append(inner if part == 0 else product(inner, factors))
    if count == 2:
        return np.concatenate([held(parts[0] + parts[1]), held(parts[0] - parts[1])])
    a, b, c, d = parts
    even, odd, e, f = held(a + c), held(b + d), held(a - c), held(b - d)
    turned = f[:, ::-1] * -FLIP * way
    return np.concatenate([held(even + odd), held(e + turned), held(even - odd), held(e - turned)])


def _turn(part: float, way: int) -> tuple[int, int]:
    """Return cosine and sine of a part of a turn, / _ONE."""
    angle = way * 2 * math.pi * part
    return math.floor(0.5 + _ONE * math.cos(angle)), math.floor(0.5 + _ONE * math.sin(angle))
