# SPDX-License-Identifier: Apache-2.0
"""How good outputs are: accuracy, error or area under the ROC curve, and the confusion matrix. NumPy only."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Task = Literal["classification", "multilabel", "regression", "anomaly"]
_METRICS: dict[Task, str] = {
    "classification": "accuracy",
    "multilabel": "binary_accuracy",
    "regression": "mae",
    "anomaly": "auc",
}
_THRESHOLD = 0.5


def metric_name(task: Task) -> str:
    """Return what score() measures for task.

    "accuracy", "binary_accuracy" (the share of all labels that are right) and "auc" are best at 1,
    "mae" at 0.
    """
    return _METRICS[task]


def score(task: Task, truth: Array, outputs: Array, inputs: Array | None = None) -> float:
    """Return what outputs (n, outputs) are worth by the task's metric.

    truth holds class numbers (n,), labels of 0 and 1 (n, labels), or targets (n, outputs); of an
    anomaly detector 0 for what is normal and 1 for what is not, (n,) or (n, 1), and inputs (n, ...)
    are what it had to give back. Of equal outputs the first class counts, so a result does not
    depend on the scale of the outputs.
    """
    if task == "classification":
        return float(np.mean(np.argmax(outputs, axis=1) == truth))
    if task == "multilabel":
        return float(np.mean((outputs > _THRESHOLD) == (truth > _THRESHOLD)))
    if task == "anomaly":
        assert inputs is not None
        return area_under_roc(truth.reshape(-1), reconstruction_errors(inputs, outputs))
    return float(np.mean(np.abs(outputs.astype(np.float64) - truth.astype(np.float64))))


def reconstruction_errors(inputs: Array, outputs: Array) -> Array:
    """Return the mean squared difference of each sample, (n,): the higher, the less it is like the normal."""
    difference = outputs.reshape(len(outputs), -1).astype(np.float64) - inputs.reshape(len(inputs), -1)
    return np.asarray(np.mean(difference**2, axis=1))


def area_under_roc(truth: Array, scores: Array) -> float:
    """Return the chance that a sample of truth 1 has a higher score than one of truth 0.

    Equal ones count half. NaN if one of the two kinds is not there.
    """
    positive, negative = scores[truth > _THRESHOLD], np.sort(scores[truth <= _THRESHOLD])
    if not len(positive) or not len(negative):
        return float("nan")
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(np.mean(below) / (2 * len(negative)))


def score_text(metric: str, value: float | None) -> str:
    """Return an accuracy as percent, others as a number, and a dash for what nobody measured."""
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if metric.endswith("accuracy") else f"{value:.4f}"


def confusion(truth: Array, outputs: Array, classes: int) -> list[list[int]]:
    """Return counts: row is the true class, column the one that outputs name."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (truth, np.argmax(outputs, axis=1)), 1)
    return [[int(count) for count in row] for row in counts]
