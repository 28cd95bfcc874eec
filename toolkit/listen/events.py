# SPDX-License-Identifier: Apache-2.0
"""What really happens in a recording, and when: from a file of labels, a column, or the folder's name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.data.table import Columns, Table, read_columns, read_plain_table
from toolkit.errors import InputError
from toolkit.reading import read_file, require_file

_MOST_BYTES = 64 << 20
_TIMES = ("start", "end")
_SPARE = 1.01
"""A label's end may be rounded up."""
_CSV_HINT = "A .csv of labels has the columns start,end,label"


@dataclass(frozen=True)
class Event:
    """A class from start to end, in seconds (in rows, where nobody knows how many make a second)."""

    start: float
    end: float
    label: str


def read_events(path: Path) -> tuple[Event, ...]:
    """Return the events of a label file: Audacity's label track, or a .csv with start, end and label.

    Raises InputError with the line that cannot be read.
    """
    if path.suffix.lower() == ".csv":
        return _of_csv(path)
    try:
        text = read_file(path, _MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"cannot read the labels {path}: {error}.") from error
    return _of_audacity(path, text)


def labels_beside(recording: Path) -> Path | None:
    """Return the label file of a recording: the same name with .txt or .csv, or None."""
    for ending in (".txt", ".csv"):
        found = recording.with_suffix(ending)
        if found.is_file() and found != recording:
            return found
    return None


def events_of_column(labels: Sequence[str], rate: float) -> tuple[Event, ...]:
    """Return the runs of equal labels, one of each row, as events; rate is rows a second."""
    starts = [i for i, label in enumerate(labels) if i == 0 or label != labels[i - 1]]
    return tuple(
        Event(start / rate, end / rate, labels[start])
        for start, end in zip(starts, (*starts[1:], len(labels)), strict=True)
    )


def oddities(events: Sequence[Event], end: float) -> Iterator[str]:
    """Yield what is odd in the events of a recording that ends at end."""
    late = [event for event in events if event.end > end * _SPARE]
    if late:
        yield f"the label {late[0].label!r} ends at {late[0].end:g}; the recording ends at {end:.4g}"
    points = sum(event.end == event.start for event in events)
    if points:
        yield f"{points:,} of {len(events):,} labels have no length: each is a moment"
    by_class = sorted(events, key=lambda event: (event.label, event.start))
    for one, other in itertools.pairwise(by_class):
        if one.label == other.label and other.start < one.end:
            yield (
                f"two labels {one.label!r} overlap, from {other.start:g} to {min(one.end, other.end):g}: "
                "both count as events"
            )
            return


def _of_csv(path: Path) -> tuple[Event, ...]:
    try:
        require_file(path, _MOST_BYTES)
        read = _columns(read_plain_table(path))
    except InputError as error:
        raise InputError(error.message, hint=_CSV_HINT) from error
    if read.broken:
        raise InputError(f"{read.broken[0].name}: {read.broken[0].reason}.", hint=_CSV_HINT)
    rows = zip(read.lines, read.numbers.tolist(), read.texts, strict=True)
    return tuple(_event(path, line, *times, *label) for line, times, label in rows)


def _columns(table: Table) -> Columns:
    """Return start, end and label, however they are capitalized."""
    known = {column.casefold(): column for column in reversed(table.columns)}
    times, label = [known.get(name, name) for name in _TIMES], known.get("label", "label")
    return read_columns(table, times, (label,))


def _of_audacity(path: Path, text: str) -> tuple[Event, ...]:
    """Start, end and label with tabs between them; lines with a backslash say frequencies."""
    found = []
    for line, words in enumerate(text.splitlines(), 1):
        if words.strip() and not words.startswith("\\"):
            cells = words.split("\t", 2)
            if len(cells) != 3:
                raise InputError(
                    f"{path}:{line}: is no label: start, end and label with tabs between them.",
                    hint="In Audacity: File, Export, Export labels. Or a .csv with start,end,label",
                )
            found.append(_event(path, line, *cells))
    return tuple(found)


def _event(path: Path, line: int, start: str | float, end: str | float, label: str) -> Event:
    try:
        first, last = float(start), float(end)
    except ValueError:
        first = last = math.nan
    if not 0 <= first <= last < math.inf:
        raise InputError(f"{path}:{line}: {start!r} to {end!r} is not a start and an end in seconds.")
    return Event(first, last, label.strip())
