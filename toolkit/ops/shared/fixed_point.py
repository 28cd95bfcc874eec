# SPDX-License-Identifier: Apache-2.0
"""exp, logistic and tanh in Q31 integers, bit for bit as TFLM's reference kernels compute them.

A number is an int64 array that holds 32-bit values; Qm means m integer bits and 31 - m fractional
ones. The method: exp by a Taylor series around -1/8 for the low bits and one constant factor for
each of the others; 1 / (1 + x) by three Newton-Raphson steps.
Source: Jacob et al., "Quantization and Training of Neural Networks", and gemmlowp's documentation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.ops.shared.requantize import high_mul, rounding_shift_right

Int64 = NDArray[np.int64]

INT32_MAX = 2**31 - 1
_EXP_MINUS_ONE_EIGHTH = 1895147668
_ONE_THIRD = 715827883
# exp(-2**k) in Q0, for the bits k = -2 to 4 of the exponent.
_EXP_FACTORS = {
    -2: 1672461947,
    -1: 1302514674,
    0: 790015084,
    1: 290630308,
    2: 39332535,
    3: 720401,
    4: 242,
}
_LOG_2 = 1488522236
_FOURTH_ROOT_HALF = 1805811301
_ROOT_HALF = 1518500250
# Of the fraction that approximates the logarithm around 2**-0.25, in Q0.
_ALPHA_N = 117049297
_ALPHA_D = 127690142
_ALPHA_I = 1057819769
_ALPHA_F = 638450708
_48_OVER_17 = 1515870810
_MINUS_32_OVER_17 = -1010580540


def exp_on_negative(a: ArrayLike, integer_bits: int) -> Int64:
    """Return exp(a) in Q0 for a <= 0 in Q(integer_bits); exp(0) is INT32_MAX."""
    a = np.asarray(a, dtype=np.int64)
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    low = (a & (quarter - 1)) - quarter
    remainder = low - a
    result = _exp_between_minus_quarter_and_0(low << integer_bits)
    for exponent, factor in _EXP_FACTORS.items():
        if integer_bits > exponent:
            bit = (remainder >> (fraction_bits + exponent)) & 1
            result = np.where(bit == 1, high_mul(result, factor), result)
    return np.where(a == 0, INT32_MAX, result).astype(np.int64)


def _exp_between_minus_quarter_and_0(a: Int64) -> Int64:
    x = a + (1 << 28)
    x2 = high_mul(x, x)
    x3 = high_mul(x2, x)
    quarter_of_x4 = rounding_shift_right(high_mul(x2, x2), 2)
    tail = rounding_shift_right(high_mul(quarter_of_x4 + x3, _ONE_THIRD) + x2, 1)
    return np.asarray(_EXP_MINUS_ONE_EIGHTH + high_mul(_EXP_MINUS_ONE_EIGHTH, x + tail), dtype=np.int64)


def _newton_reciprocal(a: Int64) -> Int64:
    """Return 2 / (1 + a) in Q2 for a in Q0, 0 <= a <= 1."""
    half_denominator = (a + INT32_MAX + 1) >> 1
    x = _48_OVER_17 + high_mul(half_denominator, _MINUS_32_OVER_17)
    for _ in range(3):
        error = (1 << 29) - high_mul(half_denominator, x)
        x = x + saturating_shift_left(high_mul(x, error), 2)
    return x


def saturating_shift_left(a: Int64, bits: int) -> Int64:
    """Return a * 2**bits, held within int32."""
    return np.asarray(np.clip(a << bits, -(2**31), INT32_MAX), dtype=np.int64)


def one_over_one_plus(a: ArrayLike) -> Int64:
    """Return 1 / (1 + a) in Q0 for a in Q0, 0 <= a <= 1."""
    return saturating_shift_left(_newton_reciprocal(np.asarray(a, dtype=np.int64)), 1)


def logistic(a: ArrayLike, integer_bits: int) -> Int64:
    """Return 1 / (1 + exp(-a)) in Q0 for a in Q(integer_bits)."""
    a = np.asarray(a, dtype=np.int64)
    positive = one_over_one_plus(exp_on_negative(-np.abs(a), integer_bits))
    result = np.where(a > 0, positive, INT32_MAX - positive)
    return np.where(a == 0, 1 << 30, result).astype(np.int64)


def tanh(a: ArrayLike, integer_bits: int) -> Int64:
    """Return tanh(a) in Q0 for a in Q(integer_bits)."""
    a = np.asarray(a, dtype=np.int64)
    reciprocal = _newton_reciprocal(exp_on_negative(-np.abs(a), integer_bits + 1))
    magnitude = saturating_shift_left(reciprocal - (1 << 29), 2)
    result = np.where(a < 0, -magnitude, magnitude)
    return np.where(a == 0, 0, result).astype(np.int64)


def log_of_sum(x: ArrayLike, integer_bits: int, result_bits: int) -> Int64:
    """Return log(x) in Q(result_bits) for x >= 1 in Q(integer_bits).

    x is brought between 2**-0.5 and 1 by the power of two, or of two and a half, that leaves more of
    it; a fraction of polynomials gives the rest.
    """
    x = np.asarray(x, dtype=np.int64)
    bits = result_bits + 1
    quarter = 1 << (31 - bits - 2)
    headroom = 32 - _bit_length(x)
    near = high_mul(x << (headroom - 1), _ROOT_HALF) << 1
    power = ((integer_bits - headroom) << (31 - bits)) + quarter
    other_headroom = 31 - _bit_length(high_mul(x, _ROOT_HALF))
    other = x << other_headroom
    other_power = ((integer_bits - other_headroom) << (31 - bits)) - quarter
    rest = np.minimum(np.minimum(near, other), INT32_MAX)
    whole = high_mul(np.maximum(power, other_power), _LOG_2)
    return saturating_shift_left(whole + high_mul(*_log_fraction(rest, bits)), bits - result_bits)


def _log_fraction(r: Int64, bits: int) -> tuple[Int64, Int64]:
    """Return two numbers whose product is log(r) + log(2)/4 in Q(bits)."""
    total = r + _FOURTH_ROOT_HALF
    p = (total + 1) >> 1
    q = 2 * (r - _FOURTH_ROOT_HALF)
    square = high_mul(q, q)
    numerator = high_mul(q, r) + high_mul(high_mul(q, square), _ALPHA_N)
    inner = _ALPHA_I + q + high_mul(_ALPHA_D, square)
    denominator = high_mul(p, inner) + high_mul(_ALPHA_F, q)
    return rounding_shift_right(numerator, bits), one_over_one_plus(denominator)


def _bit_length(x: Int64) -> Int64:
    return np.frexp(x.astype(np.float64))[1].astype(np.int64)
