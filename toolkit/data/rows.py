# SPDX-License-Identifier: Apache-2.0
"""Samples that are read when they are asked for, so that only a chunk of them is in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.cache import Cache
from toolkit.data.dataset import Indices, Rows
from toolkit.data.standard import Standard

_CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, eq=False)
class ScaledRows:
    """Integers of an array (n, *shape) as real numbers: each divided by divisor."""

    values: NDArray[Any]
    divisor: float

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of values."""
        return tuple(self.values.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of values."""
        return np.dtype(self.values.dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: Indices, /) -> NDArray[np.float32]:
        return scaled(self.values[rows], self.divisor)


@dataclass(frozen=True, eq=False)
class CachedRows:
    """Arrays of a cache as samples, each divided by divisor.

    keys name the arrays in the cache, one a sample. Without starts a sample is its whole array, of
    shape one; with them it is the one[0] entries from starts[i] on: a window of a recording, of which
    columns are the places of those that count, all if None.
    """

    cache: Cache
    keys: Sequence[str]
    one: tuple[int, ...]
    dtype: np.dtype[Any]
    divisor: float = 1.0
    starts: Indices | None = None
    columns: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, *one)."""
        return (len(self.keys), *self.one)

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, rows: Indices, /) -> NDArray[np.float32]:
        taken = np.empty((len(rows), *self.one), self.dtype)
        loaded, array = "", np.empty(0)
        for row, place in sorted((int(row), place) for place, row in enumerate(rows)):
            if self.keys[row] != loaded:
                loaded, array = self.keys[row], self.cache.require(self.keys[row])
                array = array if self.columns is None else array[:, self.columns]
            start = 0 if self.starts is None else int(self.starts[row])
            taken[place] = array if self.starts is None else array[start : start + self.one[0]]
        return scaled(taken, self.divisor)


@dataclass(frozen=True, eq=False)
class JoinedRows:
    """The rows of one after those of another; both have samples of one shape and kind."""

    first: Rows
    second: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, *shape of one sample)."""
        return (len(self), *self.first.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type in which they are kept."""
        return self.first.dtype

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, rows: Indices, /) -> NDArray[Any]:
        rows = np.asarray(rows)
        is_second = rows >= len(self.first)
        taken = np.empty((len(rows), *self.shape[1:]), np.float32)
        taken[~is_second] = self.first[rows[~is_second]]
        taken[is_second] = self.second[rows[is_second] - len(self.first)]
        return taken


@dataclass(frozen=True, eq=False)
class StandardizedRows:
    """Rows whose columns are brought to one scale."""

    rows: Rows
    standard: Standard

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of rows."""
        return self.rows.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32."""
        return np.dtype(np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Indices, /) -> NDArray[np.float32]:
        return self.standard.apply(self.rows[rows])


def scaled(values: NDArray[Any], divisor: float) -> NDArray[np.float32]:
    """Return values divided by divisor, computed in float32."""
    with np.errstate(over="ignore"):  # check_samples names what is infinite
        real = values.astype(np.float32)
    return real if divisor == 1 else real / np.float32(divisor)


def chunks(rows: Rows, chosen: Indices) -> Iterator[NDArray[np.float32]]:
    """Give the chosen rows in order as float32, a few megabytes at a time."""
    one = int(np.prod(rows.shape[1:])) * 4
    step = max(_CHUNK_BYTES // max(one, 1), 1)
    for start in range(0, len(chosen), step):
        yield rows[chosen[start : start + step]].astype(np.float32, copy=False)


def gather(rows: Rows, chosen: Indices) -> NDArray[np.float32]:
    """Return the chosen rows in memory."""
    taken = np.empty((len(chosen), *rows.shape[1:]), np.float32)
    start = 0
    for chunk in chunks(rows, chosen):
        taken[start : start + len(chunk)] = chunk
        start += len(chunk)
    return taken
