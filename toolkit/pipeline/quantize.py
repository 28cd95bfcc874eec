# SPDX-License-Identifier: Apache-2.0
"""quantize: model.tflite and model_float.tflite, what they are worth, and C.

The C is model_data.c/.h, the file as bytes, and model_input.h, how numbers become its input.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from toolkit.files import sha256_of
from toolkit.models.keras_file import load_model
from toolkit.pipeline.step import Context, Step
from toolkit.project.runs import keep_run
from toolkit.project.stamps import digest_of
from toolkit.quantization.artifacts import write_quantized

_OTHERS = ("model_float.tflite", "model_data.c", "model_data.h", "model_input.h", "quantization.json")


def _inputs(context: Context) -> Mapping[str, str]:
    project = context.project
    return {
        "model": sha256_of(context.keras_file),
        "data": sha256_of(context.folder / "data" / "dataset.json"),
        "config": digest_of((project.quantization, project.name, project.project.seed)),
    }


def _outputs(context: Context) -> list[Path]:
    return context.files("model.tflite", *_OTHERS)


def _make(context: Context) -> None:
    project, folder = context.project, context.folder
    with context.progress("quantize: convert, calibrate and compare") as on_progress:
        model = load_model(context.keras_file)
        write_quantized(project, context.dataset(), model, folder, on_progress)
    keep_run(folder, project.file, quantized=True)


STEP = Step("quantize", _make, _inputs, _outputs, needs=("prune",))
