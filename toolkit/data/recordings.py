# SPDX-License-Identifier: Apache-2.0
"""Recordings, each a decoded file, cut into samples that overlap and stay in one split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Broken, Indices, Samples
from toolkit.data.decode import BrokenFileError, Decoded
from toolkit.data.listing import Listing
from toolkit.data.rows import CachedRows, scaled
from toolkit.data.source import SourceContext

_LONGER = (
    "Try: fewer seconds, or without hop_seconds, in the section [data.options]: then each file is one "
    "sample, with silence around a short one"
)


@dataclass(frozen=True)
class Cut:
    """How a recording becomes samples: each length entries long, the next step entries later.

    seconds is how long a sample lasts, 0 where nobody knows.
    """

    length: int
    step: int
    seconds: float = 0.0

    def starts(self, entries: int) -> range:
        """Return where the samples of a recording of so many entries start."""
        return range(0, entries - self.length + 1, self.step)


def cut_recordings(
    listing: Listing,
    decoded: Decoded,
    cut: Cut,
    context: SourceContext,
    *,
    dtype: type[np.generic],
    divisor: float = 1.0,
) -> Samples:
    """Return the samples of recordings whose arrays are (entries, ...) in the cache.

    A recording that is shorter than a sample, or of another shape than the first, is broken.
    """
    good = listing.only(decoded.kept)
    one = decoded.shapes[0][1:] if decoded.shapes else ()
    broken = [*listing.broken, *decoded.broken]
    recording_of: list[int] = []
    starts: list[int] = []
    for i, shape in enumerate(decoded.shapes):
        reason = _unfit(shape, one, cut)
        if reason:
            broken.append(Broken(good.names[i], reason, _LONGER if cut.seconds else ""))
        else:
            starts += cut.starts(shape[0])
            recording_of += [i] * (len(starts) - len(recording_of))
    return Samples(
        task=good.task,
        x=CachedRows(
            context.cache,
            _each(decoded.keys, recording_of),
            (cut.length, *one),
            np.dtype(dtype),
            divisor,
            np.array(starts, np.int64),
        ),
        y=good.y[np.array(recording_of, np.int64)],
        classes=good.classes,
        names=_each(good.names, recording_of),
        digests=_each(decoded.digests, recording_of),
        groups=_each(good.groups or good.names, recording_of),
        parts=None if good.parts is None else good.parts[np.array(recording_of, np.int64)],
        broken=tuple(broken),
        files=len(listing.paths) + len(listing.broken),
        notes=good.notes,
    )


def cut_array(entries: NDArray[Any], cut: Cut, divisor: float = 1.0) -> NDArray[np.float32]:
    """Return the samples (n, length, ...) of one recording (entries, ...).

    Raises BrokenFileError if it is shorter than a sample.
    """
    reason = _unfit(entries.shape, entries.shape[1:], cut)
    if reason:
        raise BrokenFileError(reason)
    starts = np.array(cut.starts(len(entries)))
    return scaled(entries[starts[:, np.newaxis] + np.arange(cut.length)], divisor)


def _unfit(shape: tuple[int, ...], one: tuple[int, ...], cut: Cut) -> str | None:
    if shape[1:] != one:
        return f"has entries of {shape[1:]} values; the first recording has {one}"
    if shape[0] < cut.length and cut.seconds:
        return f"lasts about {shape[0] * cut.seconds / cut.length:.2g} s; a sample needs {cut.seconds:g} s"
    if shape[0] < cut.length:
        return f"has {shape[0]} {'entry' if shape[0] == 1 else 'entries'}; a sample needs {cut.length}"
    return None


def _each(values: Sequence[str], places: list[int]) -> tuple[str, ...]:
    return tuple(values[place] for place in places)


@dataclass(frozen=True, eq=False)
class WindowRows:
    """Windows of one long array in memory: sample i is values[starts[i] : starts[i] + length]."""

    values: NDArray[np.float32]
    starts: Indices
    length: int

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, length, *shape of one entry)."""
        return (len(self.starts), self.length, *self.values.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of values."""
        return np.dtype(self.values.dtype)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, rows: Indices, /) -> NDArray[np.float32]:
        windows: NDArray[np.float32] = self.values[self.starts[rows][:, np.newaxis] + np.arange(self.length)]
        return windows
