# SPDX-License-Identifier: Apache-2.0
"""How much of a Keras model's outputs is left when it is int8."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.quantization import float_tflite, quantize_model, run_tflite_float
from toolkit.quantization.report import int8_outputs
from toolkit.tflite.reader import read_graph


def keras_outputs(model: Any, x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what model gives for x, a row a sample."""
    return np.asarray(model(x, training=False)).reshape(len(x), -1)


def float_error(model: Any, x: NDArray[np.float32]) -> float:
    """Return the greatest difference of model's float32 .tflite from model."""
    outputs = run_tflite_float(float_tflite(model), x).reshape(len(x), -1)
    return float(np.abs(outputs - keras_outputs(model, x)).max())


def int8_sqnr(model: Any, x: NDArray[np.float32]) -> float:
    """Return the ratio of model's outputs to the error of its int8 .tflite, in dB; x calibrates too."""
    content, real = quantize_model(model, x), keras_outputs(model, x).astype(np.float64)
    error = real - int8_outputs(content, read_graph(content, "m"), x).reshape(len(x), -1)
    return float(10 * np.log10((real**2).sum() / (error**2).sum()))
