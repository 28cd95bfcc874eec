# SPDX-License-Identifier: Apache-2.0
"""Real numbers to and from the integers of a model's inputs and outputs. NumPy only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.ir.graph import Quantization, Tensor

Integers = NDArray[np.int8] | NDArray[np.int16]
_CHUNK_SAMPLES = 256


def quantize_samples(real: NDArray[Any], tensor: Tensor) -> Integers:
    """Return real (n, *shape of one sample) in tensor's type, int8 or int16, and in real's shape.

    As TFLite's QUANTIZE computes it: the division in float32, halves rounded away from zero, then
    saturated. Raises InputError for another type, or if the samples have another size than tensor.
    """
    quantization, limits = _quantization(tensor), np.iinfo(tensor.dtype)
    if real[:1].size and real[0].size != tensor.elements:
        raise InputError(
            f"a sample has {real[0].size} values; the model's input {tensor.name} has {tensor.elements}."
        )
    scaled = real.astype(np.float32) / np.float32(quantization.scale)
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)) + quantization.zero_point
    saturated: Integers = np.clip(rounded, limits.min, limits.max).astype(tensor.dtype)
    return saturated


def quantize_in_chunks(real: NDArray[Any], tensor: Tensor) -> Integers:
    """Return what quantize_samples returns, with only a part of a mapped real in memory at a time."""
    pieces = range(_CHUNK_SAMPLES, len(real), _CHUNK_SAMPLES)
    return np.concatenate([quantize_samples(chunk, tensor) for chunk in np.split(real, pieces)])


def as_model_sees(real: NDArray[Any], tensor: Tensor) -> NDArray[np.float32]:
    """Return real (n, ...) as the input tensor holds it, rounded and saturated: (n, elements)."""
    return dequantize_outputs(sample_rows(quantize_in_chunks(real, tensor)), tensor)


def sample_rows(values: Integers) -> NDArray[np.int8]:
    """Return samples (n, ...) as rows of their bytes, (n, bytes)."""
    width = math.prod(values.shape[1:]) * values.itemsize
    return np.ascontiguousarray(values).reshape(-1).view(np.int8).reshape(len(values), width)


def dequantize_outputs(rows: NDArray[np.int8], tensor: Tensor) -> NDArray[np.float32]:
    """Return rows (n, bytes of tensor) as real numbers (n, elements). Raises InputError as above."""
    quantization = _quantization(tensor)
    raw = np.ascontiguousarray(rows).view(tensor.dtype)
    real: NDArray[np.float32] = (raw.astype(np.int32) - quantization.zero_point).astype(
        np.float32
    ) * np.float32(quantization.scale)
    return real


def _quantization(tensor: Tensor) -> Quantization:
    is_integer = tensor.dtype in ("int8", "int16")
    if not is_integer or tensor.quantization is None or not tensor.quantization.scales:
        raise InputError(
            f"the tensor {tensor.name} is {tensor.dtype}, not quantized int8 or int16.",
            hint="Try: convert the model with full integer quantization, int8 input and output",
        )
    return tensor.quantization
