# SPDX-License-Identifier: Apache-2.0
"""The report's charts for the page: of a training while it runs, and of what is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.report.charts import Chart
from toolkit.report.curves import comparison_charts, curve_charts, prediction_charts, training_charts
from toolkit.report.inputs import Inputs, read_inputs

_NOT_METRICS = ("loss", "learning_rate")


def of_curves(said: dict[str, Any]) -> list[dict[str, str]]:
    """Return the charts of a training that still runs, from its label and its curves so far."""
    curves = said["curves"]
    metric = next((n for n in curves if n not in _NOT_METRICS and not n.startswith("val_")), "loss")
    return [_shown(chart, said["label"]) for chart in curve_charts(curves, metric)]


def of_build(build: Path) -> dict[str, Any]:
    """Return the charts of what is in the build folder, and whether there is a report, as JSON.

    Raises InputError as read_inputs does.
    """
    try:
        found = _of_inputs(read_inputs(build))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"a JSON file in {build.name} is damaged: {error!r}.") from error
    return {"charts": found, "report": (build / "report.html").is_file()}


def _of_inputs(inputs: Inputs) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    if inputs.history:
        for label, charts in training_charts(inputs.history):
            found += [_shown(chart, label) for chart in charts]
        found += [_shown(chart, "") for chart in prediction_charts(inputs.history)]
    if inputs.quantization and "predicted" in inputs.quantization["int8"]:
        found += [_shown(chart, "") for chart in comparison_charts(inputs.quantization)]
    return found


def _shown(chart: Chart, label: str) -> dict[str, str]:
    return {"label": label, "svg": chart.svg}
