# SPDX-License-Identifier: Apache-2.0
"""Fused activations: for integers they are no more than a range of the output."""

from __future__ import annotations

import math

import numpy as np

from toolkit.ir.graph import Operation, Quantization, Tensor
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.requantize import Int64

_REAL_RANGE: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}


def activation_problems(operation: Operation, output: Tensor) -> list[str]:
    """Return why the fused activation cannot be computed; output is quantized per tensor."""
    activation = operation.options.get("fused_activation_function", "NONE")
    if activation not in _REAL_RANGE:
        return [f"its fused activation is {activation}, not one of {', '.join(_REAL_RANGE)}"]
    assert output.quantization is not None
    return range_problems(str(activation), output.quantization)


def range_problems(activation: str, quantization: Quantization) -> list[str]:
    """Return a reason if the limits of an activation are no int32 in steps of the output."""
    largest = max(abs(bound or 0.0) for bound in _REAL_RANGE[activation])
    if largest / quantization.scale >= 2**31:
        return [f"the scale {quantization.scale} of its output is too small for {activation}"]
    return []


def activation_range(operation: Operation, output: Tensor) -> tuple[int, int]:
    """Return the least and the greatest number of its type that the operation may put out.

    A pass can narrow them by the options output_least and output_most, which no file has.
    """
    assert output.quantization is not None
    activation = str(operation.options.get("fused_activation_function", "NONE"))
    least, most = range_of(activation, output.dtype, output.quantization)
    ends = (operation.options.get("output_least", least), operation.options.get("output_most", most))
    return max(least, int(ends[0])), min(most, int(ends[1]))  # type: ignore[arg-type]


def held_output(numbers: Int64, operation: Operation, output: Tensor) -> Array:
    """Return rescaled numbers as the output's: moved by its zero point and held to the activation's range."""
    assert output.quantization is not None
    least, most = activation_range(operation, output)
    return np.clip(numbers + output.quantization.zero_point, least, most).astype(output.dtype)


def held_to_type(numbers: Int64, output: Tensor) -> Array:
    """Return rescaled numbers as the output's, of an operator without activations, whatever options say."""
    assert output.quantization is not None
    limits = np.iinfo(output.dtype)
    return np.clip(numbers + output.quantization.zero_point, limits.min, limits.max).astype(output.dtype)


def range_of(activation: str, dtype: str, quantization: Quantization) -> tuple[int, int]:
    """Return the least and the greatest number of dtype to which an activation holds the output.

    Found by experiment: TFLM divides in float32 and rounds ties away from zero.
    """
    least, most = _REAL_RANGE[activation]
    limits = np.iinfo(dtype)
    low = limits.min if least is None else max(limits.min, _quantize(least, quantization))
    high = limits.max if most is None else min(limits.max, _quantize(most, quantization))
    return low, high


def _quantize(real: float, quantization: Quantization) -> int:
    steps = float(np.float32(real) / np.float32(quantization.scale))
    return quantization.zero_point + int(math.copysign(math.floor(abs(steps) + 0.5), steps))
