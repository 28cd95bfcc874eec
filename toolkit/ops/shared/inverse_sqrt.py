# SPDX-License-Identifier: Apache-2.0
"""1 / sqrt of an integer as multiplier and shift: Newton's method in Q3, as TFLM does it."""

from __future__ import annotations

from toolkit.ops.shared.fixed_point import INT32_MAX
from toolkit.ops.shared.requantize import high_mul, rounding_shift_right

_ONE = 1 << 28
_HALF_THREE = (1 << 28) + (1 << 27)
_HALF_SQRT_2 = 1518500250


def inverse_sqrt(x: int) -> tuple[int, int]:
    """Return (multiplier, right) with 1 / sqrt(x) = multiplier / 2**(31 + right), for 0 <= x < 2**31.

    0 and 1 give just below 1. kernels/tm_inverse_sqrt.h is the same in C.
    """
    if x <= 1:
        return INT32_MAX, 0
    right = 11
    while x >= 1 << 29:
        x //= 4
        right += 1
    pairs = (31 - x.bit_length()) // 2 - 1
    right -= pairs
    half = int(rounding_shift_right((x << (2 * pairs)) >> 1, 1))
    root = _ONE
    for _ in range(5):
        cube = _times_64(_product(_product(root, root), root))
        root = _times_8(_product(_HALF_THREE, root) - _product(half, cube))
    root = _product(root, _HALF_SQRT_2)
    return (root << -right, 0) if right < 0 else (root, right)


def _product(x: int, y: int) -> int:
    return int(high_mul(x, y))


def _times_8(x: int) -> int:
    return max(-(2**31), min(x << 3, INT32_MAX))


def _times_64(x: int) -> int:
    return max(-(2**31), min(x << 6, INT32_MAX))
