# SPDX-License-Identifier: Apache-2.0
"""Samples, Split and Dataset: what every source gives and every trainer takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from toolkit.data.standard import Standard
from toolkit.metrics import Task

SPLIT_NAMES = ("train", "validation", "test")
Indices = NDArray[np.int64]


class Rows(Protocol):
    """Samples that may be read when they are asked for: an array, a mapped file, or a cache of files."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, *shape of one sample)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type in which they are kept; integers cannot be NaN."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Indices, /) -> NDArray[Any]: ...


@dataclass(frozen=True)
class Broken:
    """A file, or a row of one, that a source could not use, and why; hint is what could help, or ""."""

    name: str
    reason: str
    hint: str = ""


@dataclass(frozen=True)
class Channel:
    """A column of the inputs, the last axis of x, and the range that its raw numbers have in train."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Samples:
    """What a source reads, before it is checked and split.

    x has shape (n, *input shape) and is float32 when it is read; y holds class numbers (n,) as int64,
    or float32 targets of shape (n, outputs): numbers, or 0 and 1 for each label. classes names the classes
    or labels in order; empty for regression. Those of an anomaly detector are targets.KINDS.

    Each of these is empty or has one entry a sample: names is the file it is from, digests the
    SHA-256 of that file, groups what must stay in one split together (a recording, a person). parts
    is None, or one number a sample: 0, 1, 2 for the split that the data themselves ask for, -1 for any.
    files is how many files there are, broken ones too; 0 where broken are no files.
    standardize asks for columns, the last axis of x, of mean 0 and deviation 1 (standard.py). columns
    are their names, empty if they have none; notes say, a line each, what was found and done unasked.
    """

    task: Task
    x: Rows
    y: NDArray[np.generic]
    classes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    parts: Indices | None = None
    broken: tuple[Broken, ...] = ()
    standardize: bool = False
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    files: int = 0


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a dataset: x and y as in Samples, in memory or mapped from a file (numpy.memmap).

    names is empty, or says which file each sample is from.
    """

    x: NDArray[np.float32]
    y: NDArray[np.generic]
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    @property
    def is_mapped(self) -> bool:
        """Whether x stays on the disk: train on it with stream(), which reads a batch at a time."""
        return isinstance(self.x, np.memmap)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Data that passed the checks: nothing outside train may influence the model.

    validation is for choosing between models, test is looked at once, at the end. sha256 says which
    data these are: of all arrays and the classes, empty for data that were never saved. standard is what
    was done to the columns of x, and must be done to those of any other sample. channels are these
    columns if they have names; notes are as in Samples.
    """

    name: str
    task: Task
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...] = ()
    skipped: tuple[Broken, ...] = ()
    sha256: str = ""
    standard: Standard | None = None
    channels: tuple[Channel, ...] = ()
    notes: tuple[str, ...] = ()

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
