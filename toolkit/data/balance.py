# SPDX-License-Identifier: Apache-2.0
"""How evenly the classes are represented, and weights that make up for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Dataset, Split


def class_counts(split: Split, classes: int) -> NDArray[np.int64]:
    """Return how many samples of each class, or with each label, split has."""
    if split.y.ndim > 1:
        return np.asarray(split.y.sum(axis=0), np.int64)
    return np.bincount(split.y.astype(np.int64), minlength=classes).astype(np.int64)


def class_weights(dataset: Dataset) -> dict[int, float]:
    """Return a weight for each class's samples, as model.fit takes it: n / (classes * count).

    Each class then counts the same in the loss, and the mean weight of a training sample is 1.
    """
    counts = class_counts(dataset.train, len(dataset.classes))
    return {label: len(dataset.train) / (len(counts) * int(count)) for label, count in enumerate(counts)}


def imbalance(dataset: Dataset) -> float:
    """Return how many times larger the training split's largest class is than its smallest."""
    counts = class_counts(dataset.train, len(dataset.classes))
    return float(counts.max() / counts.min())
