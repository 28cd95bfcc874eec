# SPDX-License-Identifier: Apache-2.0
"""How good outputs are: accuracy or mean absolute error, and the confusion matrix. NumPy only."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Task = Literal["classification", "regression"]
_METRICS: dict[Task, str] = {"classification": "accuracy", "regression": "mae"}


def metric_name(task: Task) -> str:
    """Return what score() measures for task: "accuracy" (1 is best) or "mae" (0 is best)."""
    return _METRICS[task]


def score(task: Task, truth: Array, outputs: Array) -> float:
    """Return the accuracy, from 0 to 1, or the mean absolute error of outputs.

    truth holds class numbers (n,) or targets (n, outputs); outputs is (n, outputs). Of equal
    outputs the first class counts, so a result does not depend on the scale of the outputs.
    """
    if task == "classification":
        return float(np.mean(np.argmax(outputs, axis=1) == truth))
    return float(np.mean(np.abs(outputs.astype(np.float64) - truth.astype(np.float64))))


def score_text(metric: str, value: float | None) -> str:
    """Return an accuracy as percent, an error as a number, and a dash for what nobody measured."""
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if metric == "accuracy" else f"{value:.4f}"


def confusion(truth: Array, outputs: Array, classes: int) -> list[list[int]]:
    """Return counts: row is the true class, column the one that outputs name."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (truth, np.argmax(outputs, axis=1)), 1)
    return [[int(count) for count in row] for row in counts]
