# SPDX-License-Identifier: Apache-2.0
"""Columns of wild scales brought to mean 0 and deviation 1, by the numbers of the training split alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGEST = np.finfo(np.float32).max
_CONSTANT = 1e-6
"""A column whose deviation is so small a part of its mean is float32's rounding of one number."""


@dataclass(frozen=True)
class Standard:
    """The mean and deviation of each column (the last axis of a sample); float32 numbers."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def apply(self, raw: NDArray[Any]) -> NDArray[np.float32]:
        """Return (raw - mean) / deviation for raw (..., columns), computed in float32 as a board does.

        What is beyond float32's range becomes its largest number.
        """
        mean, deviation = np.array(self.mean, np.float32), np.array(self.deviation, np.float32)
        with np.errstate(over="ignore"):
            standardized = (raw.astype(np.float32) - mean) / deviation
        return np.asarray(np.clip(standardized, -_LARGEST, _LARGEST), np.float32)


def measure_standard(pieces: Iterable[NDArray[np.float32]]) -> Standard:
    """Return the standard of the columns of all pieces (n, ..., columns) together, which are read once.

    A column that is always the same gets the deviation 1. Means and squares of the pieces are joined
    as Chan, Golub and LeVeque do it, in float64.
    """
    count, mean, squares = 0, np.float64(0), np.float64(0)
    for piece in pieces:
        rows = piece.reshape(-1, piece.shape[-1]).astype(np.float64)
        own, total = rows.mean(axis=0), count + len(rows)
        apart = own - mean
        squares = squares + ((rows - own) ** 2).sum(axis=0) + apart**2 * (count * len(rows) / total)
        mean, count = mean + apart * (len(rows) / total), total
    deviation = np.sqrt(squares / count)
    deviation = np.where(deviation > _CONSTANT * np.abs(mean), deviation, 1.0)
    return Standard(*(tuple(part.astype(np.float32).tolist()) for part in (mean, deviation)))
