# SPDX-License-Identifier: Apache-2.0
"""Real numbers to and from a model's integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InputError
from toolkit.ir.graph import Quantization, Tensor
from toolkit.ir.real_numbers import dequantize_outputs, quantize_samples, sample_rows


def _tensor(scale: float = 0.5, zero_point: int = 0, shape: tuple[int, ...] = (1, 2)) -> Tensor:
    return Tensor(0, "input", shape, "int8", Quantization((scale,), (zero_point,)))


def test_halves_are_rounded_away_from_zero() -> None:
    real = np.array([[0.25, -0.25], [0.75, -0.75], [1.25, -1.25]])
    assert quantize_samples(real, _tensor()).tolist() == [[1, -1], [2, -2], [3, -3]]


def test_int16_has_its_own_range_and_zero_points() -> None:
    tensor = Tensor(0, "input", (1, 3), "int16", Quantization((0.5,), (0,)))
    numbers = quantize_samples(np.array([[1e30, -1e30, 1000.25]]), tensor)
    assert numbers.dtype == np.int16 and numbers.tolist() == [[32767, -32768, 2001]]
    rows = sample_rows(numbers)
    assert (rows.dtype, rows.shape) == (np.int8, (1, 6))
    assert dequantize_outputs(rows, tensor).tolist() == [[16383.5, -16384.0, 1000.5]]


def test_values_outside_the_range_saturate() -> None:
    real = np.array([[1e30, -1e30], [63.5, -64.0]])
    assert quantize_samples(real, _tensor()).tolist() == [[127, -128], [127, -128]]


def test_the_zero_point_is_added_after_rounding() -> None:
    assert quantize_samples(np.array([[0.25, -0.25]]), _tensor(zero_point=-3)).tolist() == [[-2, -4]]


def test_the_shape_of_the_samples_stays() -> None:
    tensor = _tensor(shape=(1, 2, 3, 1))
    assert quantize_samples(np.zeros((5, 2, 3, 1)), tensor).shape == (5, 2, 3, 1)
    assert quantize_samples(np.zeros((0, 6)), tensor).shape == (0, 6)


def test_samples_of_another_size_are_an_input_error() -> None:
    with pytest.raises(InputError, match="a sample has 3 values; the model's input input has 2"):
        quantize_samples(np.zeros((4, 3)), _tensor())


def test_a_float_tensor_is_an_input_error_with_a_hint() -> None:
    with pytest.raises(InputError, match="the tensor x is float32, not quantized int8 or int16") as caught:
        dequantize_outputs(np.zeros((1, 2), np.int8), Tensor(0, "x", (1, 2), "float32"))
    assert "int8 input and output" in str(caught.value.hint)


@given(
    raw=st.lists(st.integers(-128, 127), min_size=2, max_size=2),
    scale=st.floats(2.0**-20, 1024.0, width=32),
    zero_point=st.integers(-128, 127),
)
def test_what_was_dequantized_is_quantized_to_the_same(raw: list[int], scale: float, zero_point: int) -> None:
    before = np.array([raw], np.int8)
    tensor = _tensor(scale, zero_point)
    assert np.array_equal(quantize_samples(dequantize_outputs(before, tensor), tensor), before)
