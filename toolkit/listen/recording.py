# SPDX-License-Identifier: Apache-2.0
"""A recording as the stream that a device would get: samples of sound, or rows of a sensor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.codegen.model_feed import Feed
from toolkit.codegen.model_input import raw_of
from toolkit.data.decode import BrokenFileError, file_content
from toolkit.data.features import features
from toolkit.data.kinds import SOUND_SOURCES
from toolkit.data.sound import ENDINGS, decode_sound
from toolkit.data.sounds import SoundFields
from toolkit.data.standard import Standard
from toolkit.data.table import Table, parse_table, read_columns
from toolkit.data.takes import Takes
from toolkit.data.timeline import GAP_STEPS, UNITS_S, trait_of, unit_of
from toolkit.data.window_options import ENDINGS as TABLES
from toolkit.data.window_options import WindowsOptions
from toolkit.data.window_rows import decode_recording
from toolkit.errors import InputError
from toolkit.ir.graph import Tensor
from toolkit.ir.real_numbers import quantize_samples, sample_rows
from toolkit.reference.oracle import Rows
from toolkit.suggest import as_sentence

_MOST_SECONDS = 24 * 3600
_CHUNK_WINDOWS = 256
_EXACT_S = 1e-6
_MISSES = 1.5
"""From so many usual steps on, rows are missing between two; GAP_STEPS where the clock is no metronome."""
_FEWEST_ROWS = 4
"""Of fewer the column of the time says nothing."""


@dataclass(frozen=True, eq=False)
class Recording:
    """items (n,) int16 of sound, or (n, columns) float32 of a sensor; labels: each row's class, or None.

    rate is rows a second by the recording's own time, 0 where it has none. notes say where rows are missing.
    jumps are (row, seconds): so much more time than usual lies before this row.
    """

    path: Path
    items: NDArray[Any]
    labels: tuple[str, ...] | None = None
    rate: float = 0.0
    notes: tuple[str, ...] = ()
    jumps: tuple[tuple[int, float], ...] = ()

    def real_times(self, times: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
        """Return when it was, by the recording's own time, where the stream of its rows is at times.

        A stream goes on across what is missing. rate is rows a second.
        """
        rows = np.array([row for row, _ in self.jumps]) / (rate or 1.0)
        missing = np.array([0.0, *np.cumsum([seconds for _, seconds in self.jumps])])
        found: NDArray[np.float64] = times + missing[np.searchsorted(rows, times - _EXACT_S, side="left")]
        return found

    def is_across(self, first: int, end: int) -> bool:
        """Return whether something is missing between the rows from first up to end."""
        return any(first < row < end for row, _ in self.jumps)

    def stream_time(self, time: float) -> float:
        """Return where the stream of the rows is at a time: what real_times() undoes, outside of gaps."""
        for row, seconds in reversed(self.jumps):
            before = sum(other for place, other in self.jumps if place < row)
            if self.rate and time - before - seconds > row / self.rate + _EXACT_S:
                return time - before - seconds
        return time


def read_recording(path: Path, takes: Takes) -> Recording:
    """Return the stream in a file, read as the data of takes are. Raises InputError if it cannot be."""
    try:
        if takes.source in SOUND_SOURCES:
            rate = int(takes.options.get("rate", SoundFields.rate))
            return Recording(path, decode_sound(file_content(path, ENDINGS), rate, _MOST_SECONDS))
        return _rows(path, WindowsOptions(**_tuples(takes.options)))
    except BrokenFileError as error:
        raise InputError(as_sentence(f"{path}: {error}"), hint=error.hint or "See: docs/data.md") from error


def windows_of(recording: Recording, feed: Feed, takes: Takes, tensor: Tensor) -> Rows:
    """Return the windows of a recording as the device makes them for the model, (n, input bytes).

    Raises InputError for a recording that is shorter than a window.
    """
    require_a_window(recording, feed)
    rows = real_rows(recording.items, feed, takes)
    starts = np.arange(0, max(len(rows) - feed.rows + 1, 0), feed.hop)
    parts = [
        sample_rows(quantize_samples(rows[chunk[:, np.newaxis] + np.arange(feed.rows)], tensor))
        for chunk in np.array_split(starts, range(_CHUNK_WINDOWS, len(starts), _CHUNK_WINDOWS))
        if len(chunk)
    ]
    return np.concatenate(parts)


def require_a_window(recording: Recording, feed: Feed) -> None:
    """Raise InputError for a recording that is shorter than a window."""
    if len(recording.items) < feed.first_items:
        need = f"{feed.first_items / feed.rate:.3g} s" if feed.rate else f"{feed.rows} rows"
        raise InputError(f"{recording.path} is shorter than a window of the model, which is {need}.")


def real_rows(items: NDArray[Any], feed: Feed, takes: Takes) -> NDArray[np.float32]:
    """Return the rows (n, width) of which windows consist, as real numbers."""
    divisor = raw_of(takes.source, takes.options, ()).divisor if feed.is_sound else 1.0
    values = features(items, feed.rules) if feed.rules else items.reshape(len(items), -1)
    real: NDArray[np.float32] = values.astype(np.float32)
    standard: Standard | None = takes.standard
    return standard.apply(real) if standard else real / np.float32(divisor)


def _tuples(options: Any) -> dict[str, Any]:
    """Options as JSON has them, lists instead of tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def _rows(path: Path, options: WindowsOptions) -> Recording:
    content = file_content(path, TABLES)
    channels = list(options.columns)
    table = _table_of(path, content, options)
    has_time = options.time in table.columns
    wanted = [options.time, *channels] if has_time else channels
    read = decode_recording(content, options, wanted)
    is_whole = np.isfinite(read).all(axis=1)
    labels = None
    if options.target in table.columns and options.target not in channels and not options.rate:
        texts = read_columns(table, channels, (options.target,)).texts
        labels = tuple(text for (text,) in texts) if len(texts) == is_whole.sum() else None
    rate, notes = _timing(read[:, 0], options) if has_time else (0.0, [])
    jumps = _jumps(read[is_whole][:, 0], options, rate) if rate else ()
    if lost := int((~is_whole).sum()):
        what = "gap" if options.rate else "place with rows that cannot be read (broken_rows)"
        what = what if lost == 1 else what.replace("gap", "gaps").replace("place", "places")
        notes.append(f"{lost:,} {what}: the stream goes on as if nothing were missing")
    items = read[is_whole][:, -len(channels) :].astype(np.float32)
    return Recording(path, items, labels, rate, tuple(notes), jumps)


def _table_of(path: Path, content: bytes, options: WindowsOptions) -> Table:
    """Return the table in a recording, which has the columns of the data."""
    needs = ", ".join([options.time] * bool(options.time) + list(options.columns))
    try:
        table = parse_table(path.name, content, options.form, options.known)
        table.places(options.columns)
    except InputError as error:
        if "has no header" not in error.message and "has no column" not in error.message:
            raise
        hint = f"Try: {needs} in its first line, in the units of the data: nothing is converted here"
        raise InputError(error.message, hint=hint) from error
    return table


def _jumps(time: NDArray[Any], options: WindowsOptions, rate: float) -> tuple[tuple[int, float], ...]:
    """Return before which rows time is missing, and how many seconds of it."""
    trait = trait_of(time)
    unit = options.time_unit or unit_of(options.time, trait.high)
    if not (trait.rises and unit):
        return ()
    is_even = trait.each == trait.step and trait.spread < _MISSES - 1.25
    steps = np.diff(time)
    at = np.flatnonzero(steps > (_MISSES if is_even else GAP_STEPS) * trait.step)
    return tuple((int(row) + 1, float(steps[row]) * UNITS_S[unit] - 1 / rate) for row in at)


def _timing(time: NDArray[Any], options: WindowsOptions) -> tuple[float, list[str]]:
    """Return rows a second by a column of the time, 0 where it does not say, and notes on its gaps."""
    trait = trait_of(time)
    unit = options.time_unit or unit_of(options.time, trait.high)
    rate = 1 / (trait.each * UNITS_S[unit]) if unit and trait.rises and trait.each else 0.0
    lost = sum(gap - trait.step for gap in trait.missing if gap > 0)
    if not options.rate and not trait.rises and len(time) > _FEWEST_ROWS:
        return 0.0, [f"{options.time} does not rise from row to row, so that it gives no times"]
    if options.rate or not trait.gaps:
        return options.rate or rate, []
    count = "1 gap" if len(trait.gaps) == 1 else f"{len(trait.gaps):,} gaps"
    span = f"{lost * UNITS_S[unit]:.4g} s" if unit else f"{lost:.6g} of {options.time}"
    return rate, [
        f"{count} in {options.time}, {span} in all: the stream goes on as if nothing were missing, so that "
        "a window across one is of no moment"
    ]
