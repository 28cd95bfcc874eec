# SPDX-License-Identifier: Apache-2.0
"""Real numbers to and from the integers of a model's inputs and outputs. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.ir.graph import Quantization, Tensor

_CHUNK_SAMPLES = 256


def quantize_samples(real: NDArray[Any], tensor: Tensor) -> NDArray[np.int8]:
    """Return real (n, *shape of one sample) as int8 (n, *shape of one sample) for tensor.

    As TFLite's QUANTIZE computes it: the division in float32, halves rounded away from zero, then
    saturated. Raises InputError if tensor is not int8 or the samples have another size than it.
    """
    quantization = _int8_quantization(tensor)
    if real[:1].size and real[0].size != tensor.elements:
        raise InputError(
            f"a sample has {real[0].size} values; the model's input {tensor.name} has {tensor.elements}."
        )
    scaled = real.astype(np.float32) / np.float32(quantization.scale)
    rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)) + quantization.zero_point
    saturated: NDArray[np.int8] = np.clip(rounded, -128, 127).astype(np.int8)
    return saturated


def quantize_in_chunks(real: NDArray[Any], tensor: Tensor) -> NDArray[np.int8]:
    """Return what quantize_samples returns, with only a part of a mapped real in memory at a time."""
    pieces = range(_CHUNK_SAMPLES, len(real), _CHUNK_SAMPLES)
    return np.concatenate([quantize_samples(chunk, tensor) for chunk in np.split(real, pieces)])


def dequantize_outputs(raw: NDArray[np.int8], tensor: Tensor) -> NDArray[np.float32]:
    """Return raw int8 values of tensor as real numbers, in raw's shape."""
    quantization = _int8_quantization(tensor)
    real: NDArray[np.float32] = (raw.astype(np.int32) - quantization.zero_point).astype(
        np.float32
    ) * np.float32(quantization.scale)
    return real


def _int8_quantization(tensor: Tensor) -> Quantization:
    if tensor.dtype != "int8" or tensor.quantization is None or not tensor.quantization.scales:
        raise InputError(
            f"the tensor {tensor.name} is {tensor.dtype}, not quantized int8.",
            hint="Try: convert the model with full integer quantization, int8 input and output",
        )
    return tensor.quantization
