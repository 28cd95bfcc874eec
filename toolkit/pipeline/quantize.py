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
from toolkit.quantization.ranges import QAT_FILE, TrainedAsInt8, trained_as_int8

_OTHERS = ("model_float.tflite", "model_data.c", "model_data.h", "model_input.h", "quantization.json")


def _trained(context: Context) -> TrainedAsInt8 | None:
    """Return what the model was trained with as int8, None of one that was not."""
    is_trained = context.project.training.qat.is_on
    return trained_as_int8(context.read_json(QAT_FILE)) if is_trained else None


def _price(context: Context) -> str:
    """Return what the price of 16 bits follows from, "" where they have none."""
    is_priced = context.project.quantization.activations == "mixed"
    return context.pricing.digest if is_priced and context.pricing else ""


def _inputs(context: Context) -> Mapping[str, str]:
    project = context.project
    return {
        "model": sha256_of(context.keras_file),
        "trained": digest_of(_trained(context)),
        "data": sha256_of(context.folder / "data" / "dataset.json"),
        "price": _price(context),
        "config": digest_of((project.quantization, project.name, project.project.seed)),
    }


def _outputs(context: Context) -> list[Path]:
    return context.files("model.tflite", *_OTHERS)


def _make(context: Context) -> None:
    project, folder = context.project, context.folder
    with context.progress("quantize: convert, calibrate and compare") as on_progress:
        model = load_model(context.keras_file)
        trained, price = _trained(context), context.pricing.ms if context.pricing else None
        write_quantized(project, context.dataset(), model, folder, on_progress, trained, price)
    keep_run(folder, project.file, quantized=True)


STEP = Step("quantize", _make, _inputs, _outputs, needs=("qat",))
