# SPDX-License-Identifier: Apache-2.0
"""The test samples that a model is most wrong about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Dataset

MOST = 12


@dataclass(frozen=True)
class Mistake:
    """A sample of the test split, by its number there and its file, if it has one.

    by is how much more probable the model found what it said than the truth, or a regression's
    mean absolute error for this sample.
    """

    sample: int
    name: str
    truth: str
    said: str
    by: float


def worst_mistakes(dataset: Dataset, outputs: NDArray[np.float32]) -> tuple[Mistake, ...]:
    """Return the test samples that outputs (n, outputs) are most wrong about, the worst first, MOST at most.

    For a classification these are samples of a wrong class, for a regression any that are not right.
    Of equal ones the first counts. Other tasks have none.
    """
    y = dataset.test.y
    if dataset.task == "classification":
        everything = np.arange(len(y))
        named = outputs.argmax(axis=1)
        by = (outputs[everything, named] - outputs[everything, y.astype(np.int64)]).astype(np.float64)
        by[named == y] = 0
        words = [(dataset.classes[int(t)], dataset.classes[int(n)]) for t, n in zip(y, named, strict=True)]
        wrong = named != y
    elif dataset.task == "regression":
        by = np.abs(outputs.astype(np.float64) - y.astype(np.float64)).mean(axis=1)
        words = [(_numbers(t), _numbers(o)) for t, o in zip(y, outputs, strict=True)]
        wrong = by > 0
    else:
        return ()
    order = [int(i) for i in np.argsort(-by, kind="stable") if wrong[i]][:MOST]
    names = dataset.test.names
    return tuple(Mistake(i, names[i] if names else "", *words[i], float(by[i])) for i in order)


def _numbers(values: NDArray[np.generic]) -> str:
    return ", ".join(f"{value:.4g}" for value in values.tolist())
