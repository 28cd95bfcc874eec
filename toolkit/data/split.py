# SPDX-License-Identifier: Apache-2.0
"""Which sample goes to train, validation or test: seeded, and by class where there are classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import SPLIT_NAMES, Samples
from toolkit.errors import InputError

Indices = NDArray[np.int64]


def split_indices(samples: Samples, ratios: tuple[float, ...], seed: int, hint: str) -> tuple[Indices, ...]:
    """Return the row numbers of train, validation and test; together they are all rows, each once.

    Each class is dealt out by ratios on its own, so that every part has the same mix. Raises
    InputError, with hint, if a part would be left without a sample.
    """
    random = np.random.default_rng(seed)
    groups = [np.arange(len(samples.x), dtype=np.int64)]
    if samples.task == "classification":
        groups = [np.flatnonzero(samples.y == label) for label in range(len(samples.classes))]
    parts: list[list[Indices]] = [[], [], []]
    for group in groups:
        for part, rows in zip(parts, _deal(random.permutation(group), ratios), strict=True):
            part.append(rows)
    shuffled = tuple(random.permutation(np.concatenate(part)) for part in parts)
    for name, rows in zip(SPLIT_NAMES, shuffled, strict=True):
        if not len(rows):
            raise InputError(
                f"{len(samples.x)} samples are too few for the split {list(ratios)}: "
                f"{name} would be left without any.",
                hint=hint,
            )
    return shuffled


def _deal(rows: Indices, ratios: tuple[float, ...]) -> list[Indices]:
    """Cut rows by ratios; each part gets at least one as long as there are three."""
    test = max(round(len(rows) * ratios[2]), 1)
    validation = max(round(len(rows) * ratios[1]), 1)
    train = max(len(rows) - test - validation, min(1, len(rows)))
    return np.split(rows, [train, train + validation])
