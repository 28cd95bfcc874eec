# SPDX-License-Identifier: Apache-2.0
"""The ways to quantize a project's model, side by side."""

from __future__ import annotations

from toolkit.models.keras_file import load_model
from toolkit.pipeline.pipeline import Pipeline
from toolkit.quantization.compare import Comparison, compare_methods
from toolkit.quantization.convert import float_tflite


def compare_project(pipeline: Pipeline) -> Comparison:
    """Return what each way leaves of the project's model as it was trained in float32."""
    context = pipeline.context
    model = load_model(context.float_file)
    with context.progress("quantize: each way") as on_progress:
        return compare_methods(context.project, pipeline.dataset(), model, float_tflite(model), on_progress)
