# SPDX-License-Identifier: Apache-2.0
"""From a Keras model to a fully int8 .tflite, and what that costs."""

from toolkit.quantization.calibration import calibration_samples
from toolkit.quantization.convert import float_tflite, quantize_model
from toolkit.quantization.report import QuantizationReport, compare_models
from toolkit.reference.tflite import run_tflite_float, run_tflite_reference

__all__ = [
    "QuantizationReport",
    "calibration_samples",
    "compare_models",
    "float_tflite",
    "quantize_model",
    "run_tflite_float",
    "run_tflite_reference",
]
