# SPDX-License-Identifier: Apache-2.0
"""What counts say of each class or label, and what no model at all would reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Counts = Sequence[Sequence[int]]


@dataclass(frozen=True)
class ClassScore:
    """samples is how many there are of the class; a score is None where it would divide by 0.

    precision is the share of those named so that are so, recall the share of those that are so and
    are named so, f1 their harmonic mean.
    """

    name: str
    samples: int
    precision: float | None
    recall: float | None
    f1: float | None


def class_scores(confusion: Counts, classes: Sequence[str]) -> tuple[ClassScore, ...]:
    """Return the scores of each class from counts: row is the true class, column the one that was named."""
    return tuple(
        _score(name, confusion[place][place], sum(row[place] for row in confusion), sum(confusion[place]))
        for place, name in enumerate(classes)
    )


def label_scores(counts: Counts, labels: Sequence[str]) -> tuple[ClassScore, ...]:
    """Return the scores of each label from how often it was: named rightly, wrongly, missed, rightly not."""
    return tuple(
        _score(name, right, right + wrong, right + missed)
        for name, (right, wrong, missed, _) in zip(labels, counts, strict=True)
    )


def _score(name: str, right: int, named: int, samples: int) -> ClassScore:
    f1 = _share(2 * right, named + samples)
    return ClassScore(name, samples, _share(right, named), _share(right, samples), f1)


def mean_of(values: Sequence[float | None]) -> float | None:
    """Return the mean of those that there are."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def chance_of(confusion: Counts | None) -> float | None:
    """Return the share of the commonest true class, a row each; None without samples."""
    rows = [sum(row) for row in confusion or ()]
    return max(rows) / sum(rows) if sum(rows) else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
