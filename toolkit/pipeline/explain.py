# SPDX-License-Identifier: Apache-2.0
"""Where a project's int8 loses: each kernel and tensor alone, and what 16 bits would cost on its board."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from toolkit.errors import InputError, UnsupportedError
from toolkit.models.keras_file import load_model
from toolkit.pipeline.pipeline import Pipeline
from toolkit.quantization import calibration_samples
from toolkit.quantization.calibration import judging_samples
from toolkit.quantization.explain import Explanation, explain, explanation_lines
from toolkit.quantization.mixed import Judge, wide_prices
from toolkit.quantization.ranges import QAT_FILE, measure_ranges, trained_as_int8
from toolkit.quantization.simulation import Ranges
from toolkit.quantization.widened import Wide, price_lines
from toolkit.sizing.cost import cost_of


def explain_project(pipeline: Pipeline) -> tuple[Explanation, dict[str, float | None], tuple[Wide, ...]]:
    """Return what each part of the project's int8 model costs, and modelled ms by type of activations.

    Last come the tensors of the .tflite that is there, with what 16 bits in each would take; () where it has
    such already, or their time on the board is not known.
    """
    context, dataset = pipeline.context, pipeline.dataset()
    model = load_model(context.keras_file)
    if context.project.training.qat.is_on:
        ranges: Ranges = trained_as_int8(context.read_json(QAT_FILE)).ranges
    else:
        ranges = measure_ranges(model, calibration_samples(context.project, dataset))
    with context.progress("quantize: each layer alone") as on_progress:
        found = explain(model, ranges, dataset, on_progress)
    latency = {"int8": _latency(pipeline, model, False), "int16": _latency(pipeline, model, True)}
    return found, latency, _prices(pipeline)


def explained_lines(
    found: Explanation, latency: dict[str, float | None], prices: tuple[Wide, ...]
) -> list[str]:
    """Return the table, what 16 bits between all layers would take, and those of single layers."""
    known = [f"{name} {ms:.2f} ms" for name, ms in latency.items() if ms is not None]
    price = f"an inference, all activations alike, modelled: {', '.join(known)}" if known else ""
    return [*explanation_lines(found), *([price] if price else []), *price_lines(prices)]


def explained_json(
    found: Explanation, latency: dict[str, float | None], prices: tuple[Wide, ...]
) -> dict[str, Any]:
    """Return the same as plain values."""
    return {**asdict(found), "latency_ms": latency, "prices": [asdict(each) for each in prices]}


def _prices(pipeline: Pipeline) -> tuple[Wide, ...]:
    context = pipeline.context
    pricing = context.pricing
    if pricing is None or context.project.quantization.activations != "int8":
        return ()
    content, float32 = (path.read_bytes() for path in context.files("model.tflite", "model_float.tflite"))
    x = judging_samples(context.project, pipeline.dataset())
    try:
        with context.progress("quantize: what 16 bits would take"):
            return wide_prices(content, Judge(float32, x, pricing.ms))
    except (InputError, UnsupportedError):
        return ()


def _latency(pipeline: Pipeline, model: Any, is_wide: bool) -> float | None:
    """Return the milliseconds; None where the board's are not known, or the model cannot be of this type."""
    try:
        return cost_of(model, pipeline.context.board, "int16" if is_wide else "int8").latency_ms
    except (InputError, UnsupportedError):
        return None
