# SPDX-License-Identifier: Apache-2.0
"""Where a project's int8 loses: each kernel and tensor alone, and what 16 bits would cost on its board."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from toolkit.errors import InputError, UnsupportedError
from toolkit.models.keras_file import load_model
from toolkit.pipeline.pipeline import Pipeline
from toolkit.quantization import calibration_samples
from toolkit.quantization.explain import Explanation, explain, explanation_lines
from toolkit.quantization.ranges import QAT_FILE, measure_ranges, ranges_of
from toolkit.sizing.cost import cost_of


def explain_project(pipeline: Pipeline) -> tuple[Explanation, dict[str, float | None]]:
    """Return what each part of the project's int8 model costs, and modelled ms by type of activations."""
    context, dataset = pipeline.context, pipeline.dataset()
    model = load_model(context.keras_file)
    if context.project.training.qat.is_on:
        ranges = ranges_of(context.read_json(QAT_FILE))
    else:
        ranges = measure_ranges(model, calibration_samples(context.project, dataset))
    with context.progress("quantize: each layer alone") as on_progress:
        found = explain(model, ranges, dataset, on_progress)
    return found, {"int8": _latency(pipeline, model, False), "int16": _latency(pipeline, model, True)}


def explained_lines(found: Explanation, latency: dict[str, float | None]) -> list[str]:
    """Return the table, and what 16 bits between all layers would take."""
    known = [f"{name} {ms:.2f} ms" for name, ms in latency.items() if ms is not None]
    price = f"an inference, all activations alike, modelled: {', '.join(known)}" if known else ""
    return [*explanation_lines(found), *([price] if price else [])]


def explained_json(found: Explanation, latency: dict[str, float | None]) -> dict[str, Any]:
    """Return the same as plain values."""
    return {**asdict(found), "latency_ms": latency}


def _latency(pipeline: Pipeline, model: Any, is_wide: bool) -> float | None:
    """Return the milliseconds; None where the board's are not known, or the model cannot be of this type."""
    try:
        return cost_of(model, pipeline.context.board, "int16" if is_wide else "int8").latency_ms
    except (InputError, UnsupportedError):
        return None
