# SPDX-License-Identifier: Apache-2.0
"""Samples, Split and Dataset: what every source gives and every trainer takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.metrics import Task

SPLIT_NAMES = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Samples:
    """What a source reads, before it is checked and split.

    x is float32 of shape (n, *input shape); y holds class numbers (n,) as int64, or float32 targets
    of shape (n, outputs). classes names the classes in order; empty for regression.
    """

    task: Task
    x: NDArray[np.float32]
    y: NDArray[np.generic]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a dataset: x and y as in Samples."""

    x: NDArray[np.float32]
    y: NDArray[np.generic]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data that passed the checks: nothing outside train may influence the model.

    validation is for choosing between models, test is looked at once, at the end.
    """

    name: str
    task: Task
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one sample."""
        return tuple(self.train.x.shape[1:])

    @property
    def outputs(self) -> int:
        """The number of values that a model for this data gives: classes, or targets."""
        return len(self.classes) or int(self.train.y.shape[1])

    def splits(self) -> dict[str, Split]:
        """Return the three parts by name, in the order train, validation, test."""
        return {name: getattr(self, name) for name in SPLIT_NAMES}
