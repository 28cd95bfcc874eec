# SPDX-License-Identifier: Apache-2.0
"""How good outputs are: accuracy, error, area under the ROC curve, confusion, alarms. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
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
_SMALL, _LARGE = 1e-3, 1e7
_LEAST = 1e-7
"""No probability counts as less, as in Keras' losses."""


def metric_name(task: Task) -> str:
    """Return what score() measures for task.

    "accuracy", "binary_accuracy" (the share of all labels that are right) and "auc" are best at 1,
    "mae" at 0.
    """
    return _METRICS[task]


@dataclass(frozen=True)
class Detection:
    """What a threshold of the errors is worth: a higher error is an alarm.

    false_alarms is the share of the normal samples that are alarms, recall that of the others, precision
    the share of the alarms that are none of the normal ones; None where it would divide by 0.
    """

    threshold: float
    precision: float | None
    recall: float | None
    false_alarms: float | None


def score(task: Task, truth: Array, outputs: Array, inputs: Array | None = None) -> float | None:
    """Return what outputs (n, outputs) are worth by the task's metric; None where nothing can tell.

    That is so for an anomaly detector without samples of both kinds.

    truth holds class numbers (n,), labels of 0 and 1 (n, labels), or targets (n, outputs); of an
    anomaly detector 0 for what is normal and 1 for what is not, (n,) or (n, 1), and inputs (n, ...)
    are what it had to give back. Of equal outputs the first class counts, so a result does not
    depend on the scale of the outputs.
    """
    if task == "classification":
        return float(np.mean(np.argmax(outputs, axis=1) == truth))
    if task == "multilabel":
        return float(np.mean(has_label(outputs) == has_label(truth)))
    if task == "anomaly":
        assert inputs is not None
        return area_under_roc(truth.reshape(-1), reconstruction_errors(inputs, outputs))
    return float(np.mean(np.abs(outputs.astype(np.float64) - truth.astype(np.float64))))


def reconstruction_errors(inputs: Array, outputs: Array) -> Array:
    """Return the mean squared difference of each sample, (n,): the higher, the less it is like the normal."""
    difference = outputs.reshape(len(outputs), -1).astype(np.float64) - inputs.reshape(len(inputs), -1)
    return np.asarray(np.mean(difference**2, axis=1))


def area_under_roc(truth: Array, scores: Array) -> float | None:
    """Return the chance that a sample of truth 1 has a higher score than one of truth 0.

    Equal ones count half. None if one of the two kinds is not there.
    """
    positive, negative = scores[truth > _THRESHOLD], np.sort(scores[truth <= _THRESHOLD])
    if not len(positive) or not len(negative):
        return None
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(np.mean(below) / (2 * len(negative)))


def top_accuracy(truth: Array, outputs: Array, count: int) -> float:
    """Return the share of samples whose class, truth (n,), is among the count that outputs (n, classes) name
    first. Of equal outputs the lower class comes first; with as few classes as count it is 1.
    """
    first = np.argsort(-outputs, axis=1, kind="stable")[:, :count]
    return float(np.mean((first == truth[:, None]).any(axis=1)))


def mean_average_precision(truth: Array, outputs: Array) -> float:
    """Return the mean of the classes' average precisions: of classes, truth (n,), or labels, (n, labels).

    The average precision is the mean precision at each sample of the class, those with higher outputs
    before it; samples with equal outputs count together. Classes of which there is no sample are left out.
    """
    is_class = truth[:, None] == np.arange(outputs.shape[1]) if truth.ndim == 1 else has_label(truth)
    each = [_average_precision(is_class[:, c], outputs[:, c]) for c in np.flatnonzero(is_class.any(axis=0))]
    return float(np.mean(each))


def _average_precision(is_class: Array, scores: Array) -> float:
    order = np.argsort(-scores, kind="stable")
    hits, ranked = np.cumsum(is_class[order]), scores[order]
    last = np.searchsorted(-ranked, -ranked, side="right") - 1  # of those with an equal score
    return float(np.mean((hits / np.arange(1, len(hits) + 1))[last][is_class[order]]))


def plain_loss(task: Task, truth: Array, outputs: Array, inputs: Array | None = None) -> float | None:
    """Return the loss of outputs as it is without smoothing, margins or weights, so that trainings compare.

    Classes and labels: the cross-entropy of the truth, in nats; numbers: the mean squared error in the
    targets' own units; an anomaly detector: the mean squared error of what is normal, None if nothing is.
    """
    given = np.clip(outputs.astype(np.float64), _LEAST, 1 - _LEAST)
    if task == "classification":
        return float(-np.mean(np.log(given[np.arange(len(truth)), truth.astype(np.int64)])))
    if task == "multilabel":
        return float(-np.mean(np.where(has_label(truth), np.log(given), np.log1p(-given))))
    if task == "anomaly":
        assert inputs is not None
        errors = reconstruction_errors(inputs, outputs)[truth.reshape(-1) <= _THRESHOLD]
        return float(np.mean(errors)) if len(errors) else None
    return float(np.mean((outputs.astype(np.float64) - truth.astype(np.float64)) ** 2))


def alarm_threshold(errors: Array, false_alarms: float) -> float:
    """Return the lowest of errors (n,), of normal samples, that at most the share false_alarms is above."""
    above = int(false_alarms * len(errors))
    return float(np.sort(errors)[len(errors) - 1 - above])


def detect(truth: Array, errors: Array, threshold: float) -> Detection:
    """Return what threshold is worth on errors (n,) of samples whose truth is 0, normal, or 1."""
    is_alarm, is_anomalous = errors > threshold, truth.reshape(-1) > _THRESHOLD
    return Detection(
        threshold,
        precision=_share(is_anomalous, is_alarm),
        recall=_share(is_alarm, is_anomalous),
        false_alarms=_share(is_alarm, ~is_anomalous),
    )


def _share(part: Array, whole: Array) -> float | None:
    return float(np.mean(part[whole])) if whole.any() else None


def score_text(metric: str, value: float | None) -> str:
    """Return an accuracy as percent, others as a number, and a dash for what nobody measured."""
    if value is None:
        return "–"
    return f"{100 * value:.2f} %" if metric.endswith("accuracy") else value_text(value)


def value_text(value: float) -> str:
    """Return an error or a loss with four places; with four digits where those are zeros or very long."""
    return f"{value:.4f}" if _SMALL <= abs(value) < _LARGE or not value else f"{value:.4g}"


def has_label(outputs: Array) -> Array:
    """Return which labels outputs (n, labels), probabilities, name: those over a half."""
    return np.asarray(outputs > _THRESHOLD)


def label_counts(truth: Array, outputs: Array) -> list[list[int]]:
    """Return for each label how often it is named rightly, named wrongly, missed, rightly not named."""
    named, so = has_label(outputs), has_label(truth)
    kinds = (named & so, named & ~so, ~named & so, ~named & ~so)
    return [[int(count) for count in row] for row in np.stack([k.sum(axis=0) for k in kinds], axis=1)]


def confusion(truth: Array, outputs: Array, classes: int) -> list[list[int]]:
    """Return counts: row is the true class, column the one that outputs name."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (truth, np.argmax(outputs, axis=1)), 1)
    return [[int(count) for count in row] for row in counts]
