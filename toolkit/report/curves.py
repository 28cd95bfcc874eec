# SPDX-License-Identifier: Apache-2.0
"""The charts of a training and of its quantization, from history.json and quantization.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toolkit.report.charts import Chart, Line

Curves = Mapping[str, Sequence[float]]


def training_charts(history: Mapping[str, Any]) -> list[tuple[str, list[Chart]]]:
    """Return for each model its label and its charts: the loss, the metric, what a regression predicts."""
    metric, found = history["metric"], []
    for number, model in enumerate(history["models"]):
        skip = skippable(model["curves"], history["skip_epochs"])
        shown = metric if metric in model["curves"] else "mae"
        charts = curve_charts(model["curves"], shown, skip, in_deviations="targets" in model)
        more = f", without the first {skip} epochs" if skip else ""
        charts = [Chart(f"{c.name}_{number}", c.title, c.x_label, c.lines) for c in charts]
        found.append((str(model["label"]) + more, charts))
    return found


def curve_charts(curves: Curves, metric: str, skip: int = 0, *, in_deviations: bool = False) -> list[Chart]:
    """Return the loss and the metric over the epochs, training and validation if there is one.

    in_deviations says that the loss, and only it, is of targets scaled to deviations.
    """
    charts = []
    for name in ("loss", metric):
        lines = [
            Line(label, range(skip + 1, len(curves[key]) + 1), curves[key][skip:])
            for label, key in (("training", name), ("validation", f"val_{name}"))
            if key in curves
        ]
        more = ", targets in deviations" if in_deviations and name == "loss" else ""
        charts.append(Chart(f"curve_{name}", _title(name) + more, "epoch", tuple(lines)))
    return charts


def prediction_charts(history: Mapping[str, Any]) -> list[Chart]:
    """Return what the models of a regression of one number predict on the test split; none for others."""
    curved = [model for model in history["models"] if "predictions" in model]
    if not curved:
        return []
    points = curved[0]["predictions"]
    lines = [Line("test samples", points["x"], points["truth"], are_points=True)]
    lines += [Line(m["label"], points["x"], m["predictions"]["predicted"]) for m in curved]
    return [Chart("predictions", "Predictions on the test split", "x", tuple(lines))]


def comparison_charts(quantization: Mapping[str, Any]) -> list[Chart]:
    """Return float and int8 over the test split of a regression of one number, and their difference."""
    integer, real = quantization["int8"]["predicted"], quantization["float32"]["predicted"]
    if not integer:
        return []
    x, scheme = quantization["x"], quantization.get("scheme", "int8")
    both = (
        Line("test samples", x, quantization["truth"], are_points=True),
        Line("float32", x, real, is_wide=True),
        Line(scheme, x, integer),
    )
    apart = Line("", x, [b - a for a, b in zip(real, integer, strict=True)])
    return [
        Chart("float_and_int8", f"float32 and {scheme} on the test split", "x", both),
        Chart("difference", f"{scheme} minus float32", "x", (apart,)),
    ]


def skippable(curves: Curves, skip_epochs: int) -> int:
    """Return how many epochs the curves leave out: none if fewer than two would remain."""
    return skip_epochs if 0 < skip_epochs <= len(curves["loss"]) - 2 else 0


def _title(name: str) -> str:
    names = {"mae": "Mean absolute error", "auc": "AUC", "binary_accuracy": "Accuracy of the labels"}
    return names.get(name, name.capitalize())
