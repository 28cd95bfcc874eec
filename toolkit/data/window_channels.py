# SPDX-License-Identifier: Apache-2.0
"""Which columns of recordings are channels, which is the time, and where windows start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Indices
from toolkit.data.precision import require_ranges
from toolkit.data.recordings import Cut
from toolkit.data.stretches import Piece, stretched
from toolkit.data.suspicion import why_left_out
from toolkit.data.timeline import Trait, is_timely, time_notes, trait_of, unit_of
from toolkit.data.unused import rising_note
from toolkit.data.window_options import WindowsOptions
from toolkit.errors import InputError

Real = NDArray[np.float64]


@dataclass(frozen=True)
class Recordings:
    """Recordings as arrays (rows, columns) of which each column has its traits."""

    columns: tuple[str, ...]
    names: tuple[str, ...]
    rows: tuple[int, ...]
    traits: tuple[tuple[Trait, ...], ...]
    missing: tuple[tuple[int, ...], ...]

    def of(self, column: str) -> list[Trait]:
        """Return the traits of a column in every recording."""
        place = self.columns.index(column)
        return [traits[place] for traits in self.traits]


@dataclass(frozen=True)
class Choice:
    """Which columns are the channels, which is the time, and what is to be said of it."""

    channels: tuple[str, ...]
    time: str
    notes: tuple[str, ...]


@dataclass
class Look:
    """What is kept of arrays that pass by; axes are the places of an acceleration's x, y, z, if there is one.

    strengths are the median strengths of that.
    """

    axes: tuple[int, int, int] | None = None
    strengths: list[float] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    traits: list[tuple[Trait, ...]] = field(default_factory=list)
    missing: list[tuple[int, ...]] = field(default_factory=list)

    def take(self, array: Real) -> None:
        """Look at the array (rows, columns) of the next recording."""
        self.rows.append(len(array))
        self.traits.append(tuple(trait_of(column) for column in array.T))
        self.missing.append(tuple(np.flatnonzero(np.isnan(array).any(axis=1)).tolist()))
        if self.axes is not None:
            norms = np.linalg.norm(array[:, list(self.axes)], axis=1)
            self.strengths.append(float(np.nanmedian(norms)) if np.isfinite(norms).any() else 0.0)

    def recordings(self, columns: tuple[str, ...], names: Sequence[str]) -> Recordings:
        """Return all that was looked at."""
        return Recordings(columns, tuple(names), tuple(self.rows), tuple(self.traits), tuple(self.missing))


def choose_channels(options: WindowsOptions, found: Recordings) -> Choice:
    """Choose channels and time: what only rises, or is a recording's number, is none unless it is named."""
    if options.columns or not found.rows:
        time = options.time
        channels = options.columns or tuple(name for name in found.columns if name != time)
        _require_precision(found, channels)
        return Choice(channels, time, (*_rising_channels(options, found), *_time_notes(options, found, time)))
    reasons = {name: why_left_out(name, found.of(name)) for name in found.columns if name != options.time}
    channels = tuple(name for name, reason in reasons.items() if not reason)
    if not channels:
        raise InputError(
            f"no column is left to learn from: {'; '.join(filter(None, reasons.values()))}.",
            hint="Try: columns = [...] in the section [data.options]",
        )
    _require_precision(found, channels)
    rising = [name for name, reason in reasons.items() if reason and found.of(name)[0].rises]
    rising.sort(key=lambda name: not is_timely(name))
    time = options.time or next(iter(rising), "")
    notes = [reason for reason in reasons.values() if reason]
    return Choice(channels, time, (*notes, *_time_notes(options, found, time)))


def _require_precision(found: Recordings, channels: Sequence[str]) -> None:
    traits = [found.of(name) for name in channels if found.rows]
    low = np.array([min(trait.low for trait in of) for of in traits], np.float64)
    high = np.array([max(trait.high for trait in of) for of in traits], np.float64)
    require_ranges(low, high, "the recordings", channels)


def _rising_channels(options: WindowsOptions, found: Recordings) -> list[str]:
    if not found.rows:
        return []
    rising = [name for name in options.columns if all(trait.rises for trait in found.of(name))]
    more = "" if options.time else ', and time = "{}" in the section [data.options] finds gaps'
    return [rising_note(name) + more.format(name) for name in rising]


def _time_notes(options: WindowsOptions, found: Recordings, time: str) -> list[str]:
    if not time or not found.rows:
        return []
    traits = found.of(time)
    if options.time and not all(trait.rises for trait in traits):
        place = next(i for i, trait in enumerate(traits) if not trait.rises)
        return [f"{time} is named as the time, but does not rise in {found.names[place]}"]
    unit = options.time_unit or unit_of(time, max(trait.high for trait in traits))
    return time_notes(time, unit, traits, found.names)


def breaks_of(found: Recordings, time: str, recording: int) -> list[int]:
    """Return the rows of a recording before which it must be cut."""
    gaps = found.of(time)[recording].gaps if time else ()
    missing = found.missing[recording]
    return [row for row in (*gaps, *missing, *(row + 1 for row in missing)) if row < found.rows[recording]]


def windowed(pieces: Sequence[Piece], missing: Sequence[int], cut: Cut) -> list[Piece]:
    """Return those that hold a window and are no missing row."""
    gone = set(missing)
    return [piece for piece in pieces if piece.rows >= cut.length and piece.start not in gone]


def too_short(rows: int, breaks: Sequence[int], cut: Cut) -> str:
    if rows < cut.length:
        return f"has {rows} {'entry' if rows == 1 else 'entries'}; a sample needs {cut.length}"
    return f"has {rows} entries, but no {cut.length} in a row without a gap; it has {len(breaks)} of these"


def for_splits(pieces: list[Piece], options: WindowsOptions, cutting: bool) -> tuple[list[Piece], list[str]]:
    """Cut in time the recordings of a class that has fewer than there are splits, and say so."""
    if not cutting:
        return pieces, []
    cut, count = stretched(pieces, options.cut)
    if not count:
        return pieces, []
    note = (
        f"too few recordings for three splits: they are cut in time into {count} stretches that share no "
        "window, and split by stretch; a test on a recording of another day would say more"
    )
    return cut, [note]


def starts_of(pieces: Sequence[Piece], cut: Cut) -> tuple[Indices, list[Piece]]:
    """Return the first rows of all windows, and the piece of each."""
    starts = [(piece.start + start, piece) for piece in pieces for start in cut.starts(piece.rows)]
    return np.array([start for start, _ in starts], np.int64), [piece for _, piece in starts]


def stretch_of(piece: Piece, notes: Sequence[str]) -> str:
    return f":{piece.start}" if notes and ":" in piece.group else ""


def name_of(name: str, piece: Piece, notes: Sequence[str]) -> str:
    """A stretch is a sample's home as a file is: it has a name of its own."""
    return f"{name}:{piece.start + 1}-{piece.end}" if stretch_of(piece, notes) else name
