# SPDX-License-Identifier: Apache-2.0
"""The test samples that a model is most wrong about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Dataset
from toolkit.data.targets import KINDS
from toolkit.metrics import has_label

MOST = 12
Real = NDArray[np.float64]
Wrong = NDArray[np.bool_]


@dataclass(frozen=True)
class Mistake:
    """A sample of the test split, by its number there and its file, if it has one.

    by is how much more probable the model found what it said than the truth, or a regression's
    mean absolute error for this sample, or how far an anomaly detector's error is on the wrong side
    of its threshold, negative on the right side.
    """

    sample: int
    name: str
    truth: str
    said: str
    by: float


def worst_mistakes(dataset: Dataset, outputs: NDArray[np.float32]) -> tuple[Mistake, ...]:
    """Return the test samples that outputs (n, outputs) are most wrong about, the worst first, MOST at most.

    For a classification these are samples of a wrong class, for several labels those with a wrong
    label, of which the one counts that was named or left out most surely, for a regression any that are
    not right. Of equal ones the first counts. For an anomaly detector see worst_judged.
    """
    kinds = {"classification": _classes, "multilabel": _labels, "regression": _targets}
    by, words, wrong = kinds[dataset.task](dataset, outputs)
    order = [int(i) for i in np.argsort(-by, kind="stable") if wrong[i]][:MOST]
    return tuple(_mistake(dataset, i, words[i], by[i]) for i in order)


def worst_judged(dataset: Dataset, errors: Real, threshold: float) -> tuple[Mistake, ...]:
    """Return the anomalous test samples with the lowest of errors (n,) and the normal ones with the highest.

    Half of MOST of each at most, also where the threshold, above which a sample is called anomalous,
    is right about them; the worst first.
    """
    is_anomalous = has_label(dataset.test.y.reshape(-1))
    by = np.where(is_anomalous, threshold - errors, errors - threshold)
    order = np.argsort(-by, kind="stable")
    halves = [order[is_anomalous[order] == kind][: MOST // 2] for kind in (False, True)]
    chosen = sorted(np.concatenate(halves).tolist(), key=lambda i: (-by[i], i))
    words = {i: (KINDS[int(is_anomalous[i])], _judged(errors[i], threshold)) for i in chosen}
    return tuple(_mistake(dataset, i, words[i], by[i]) for i in chosen)


def _classes(dataset: Dataset, outputs: NDArray[Any]) -> tuple[Real, list[tuple[str, str]], Wrong]:
    y = dataset.test.y
    everything = np.arange(len(y))
    named = outputs.argmax(axis=1)
    by = (outputs[everything, named] - outputs[everything, y.astype(np.int64)]).astype(np.float64)
    by[named == y] = 0
    words = [(dataset.classes[int(t)], dataset.classes[int(n)]) for t, n in zip(y, named, strict=True)]
    return by, words, named != y


def _labels(dataset: Dataset, outputs: NDArray[Any]) -> tuple[Real, list[tuple[str, str]], Wrong]:
    """What is said of a label has the probability p, the opposite 1 - p."""
    truth, named = has_label(dataset.test.y), has_label(outputs)
    sure = np.where(named, outputs, 1 - outputs).astype(np.float64)
    by = np.where(truth == named, -1.0, 2 * sure - 1)
    label = by.argmax(axis=1)
    words = []
    for sample, place in enumerate(label):
        so, said = (
            dataset.classes[place] if has[sample, place] else f"not {dataset.classes[place]}"
            for has in (truth, named)
        )
        words.append((so, f"{said}, {100 * sure[sample, place]:.1f} %"))
    return by.max(axis=1), words, (truth != named).any(axis=1)


def _targets(dataset: Dataset, outputs: NDArray[Any]) -> tuple[Real, list[tuple[str, str]], Wrong]:
    y = dataset.test.y
    by = np.abs(outputs.astype(np.float64) - y.astype(np.float64)).mean(axis=1)
    words = [(_numbers(t), _numbers(o)) for t, o in zip(y, outputs, strict=True)]
    return by, words, by > 0


def _mistake(dataset: Dataset, sample: int, words: tuple[str, str], by: float) -> Mistake:
    names = dataset.test.names
    return Mistake(sample, names[sample] if names else "", *words, float(by))


def _judged(error: float, threshold: float) -> str:
    return f"{KINDS[int(error > threshold)]}, {error:.3g}"


def _numbers(values: NDArray[np.generic]) -> str:
    return ", ".join(f"{value:.4g}" for value in values.tolist())
