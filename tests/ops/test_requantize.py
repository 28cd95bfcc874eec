# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of scales: what must hold for any scale and any sum."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.ops.shared.requantize import high_mul, quantize_multiplier, requantize, rounding_shift_right

SCALES = st.floats(2.0**-31, 2.0**10, allow_nan=False)


@given(SCALES)
def test_a_multiplier_is_its_scale_to_31_bits(scale: float) -> None:
    multiplier, shift = quantize_multiplier(scale)
    assert 2**30 <= multiplier < 2**31
    error = abs(Fraction(multiplier) * Fraction(2) ** (shift - 31) - Fraction(scale))
    assert error <= Fraction(scale) / 2**31


@pytest.mark.parametrize(("scale", "expected"), [(0.0, (0, 0)), (2.0**-40, (0, 0)), (1 - 1e-12, (2**30, 1))])
def test_multipliers_at_the_limits(scale: float, expected: tuple[int, int]) -> None:
    assert quantize_multiplier(scale) == expected


@pytest.mark.parametrize("scale", [-1.0, math.nan, math.inf, 2.0**31])
def test_a_scale_without_a_multiplier_is_an_error(scale: float) -> None:
    with pytest.raises(ValueError, match="scale of"):
        quantize_multiplier(scale)


@given(SCALES, st.integers(-(2**20), 2**20))
def test_a_requantized_number_is_off_by_at_most_one(scale: float, x: int) -> None:
    exact = Fraction(x) * Fraction(scale)
    if abs(exact) < 2**30:
        assert abs(int(requantize(x, *quantize_multiplier(scale))) - exact) <= 1


def test_ties_go_up_in_products_and_away_from_zero_in_shifts() -> None:
    assert [int(value) for value in high_mul([1, -1, 3, -3], 2**30)] == [1, 0, 2, -1]
    assert [int(value) for value in rounding_shift_right([2, -2, 6, -6], 2)] == [1, -1, 2, -2]
    assert int(high_mul(-(2**31), -(2**31))) == 2**31 - 1
