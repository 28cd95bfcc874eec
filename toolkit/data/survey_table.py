# SPDX-License-Identifier: Apache-2.0
"""A look at tables: which column is the answer, which the time, and how long a window should be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.data.form import SAMPLE_BYTES, TableForm, is_number, sniff_form
from toolkit.data.places import printable
from toolkit.data.split_names import ANY, split_of
from toolkit.data.survey_cells import described, may_be_thousands
from toolkit.data.survey_form import common_form
from toolkit.data.table import Table, read_table
from toolkit.data.timeline import UNITS_S, is_timely, trait_of, unit_of
from toolkit.errors import InputError

_ROWS = 20_000
_TARGETS = (
    "target",
    "label",
    "class",
    "y",
    "kind",
    "species",
    "activity",
    "outcome",
    "category",
    "diagnosis",
)
_GROUPS = ("person", "subject", "user", "group", "participant", "patient", "device")
_RECORDINGS = ("recording", "session", "file", "trial", "run", "id")
_LABELS = "a column of labels, or a folder for each class with recordings such as this one in it"
_LABELS_HINT = f"Try: {_LABELS}"
_ROWS_HINT = "Try: a row for each sample below the names, with as many cells"
_FEWEST_ROWS = 12
"""In fewer rows texts differ by chance."""
_MOST_CLASSES = 20
_MOSTLY = 0.6
_SHOWN = 5
_WINDOW_S = 2.0
_WINDOWS = (16, 32, 50, 64, 100, 128, 256)


@dataclass
class FoundTable:
    """What a look at tables gave; as survey.Found."""

    source: str
    options: dict[str, Any]
    family: str
    said: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Seen:
    """The first rows of a table, a list of cells a column; is_whole if none lacks a cell."""

    table: Table
    cells: dict[str, list[str]]
    is_whole: bool = True

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.cells.values()), []))

    def mostly_numeric(self, name: str) -> bool:
        """Return whether nearly all cells of a column are numbers: others are mistakes, or missing."""
        numbers = sum(is_number(cell, self.table.form.decimal) for cell in self.cells[name])
        return numbers >= _MOSTLY * max(self.rows, 1)

    def numeric(self, name: str) -> bool:
        """Return whether all cells of a column are numbers."""
        decimal = self.table.form.decimal
        return bool(self.cells[name]) and all(is_number(cell, decimal) for cell in self.cells[name])

    def rises(self, name: str) -> bool:
        """Return whether a column is numbers that only rise, as a time or an index."""
        return self.mostly_numeric(name) and trait_of(self.values(name)).rises

    def values(self, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return a numeric column; NaN where a cell is no number."""
        decimal = self.table.form.decimal
        return np.array(
            [float(c.replace(decimal, ".")) if is_number(c, decimal) else np.nan for c in self.cells[name]]
        )


_Look = tuple[_Seen, dict[str, Any], list[str]]


def look_at_table(path: Path) -> FoundTable:
    """Return what one table is: samples in rows, or recordings if it has a time and long runs of a class."""
    seen, form, said = _see(path)
    columns = list(seen.table.columns)
    time = _time(seen)
    target, unsure = _target(seen, [name for name in columns if name != time])
    options: dict[str, Any] = {"file": str(path), **form}
    unsure = [*_unnamed(seen), *unsure]
    group = _named(columns, _GROUPS, target)
    recording = _named(columns, _RECORDINGS, target)
    inputs = [c for c in columns if c not in (target, time, group) and seen.mostly_numeric(c)]
    others = {target, time, group, *inputs}
    texts = [c for c in columns if c not in others]
    split = next((c for c in texts if all(split_of(cell) != ANY for cell in set(seen.cells[c]))), "")
    left_out = [c for c in texts if c not in (split, recording)]
    unsure += _left_out(seen, left_out)
    if left_out or (time and not seen.numeric(time)):
        rising = [c for c in inputs if trait_of(seen.values(c)).rises]
        options["columns"] = [c for c in inputs if c not in rising]
        unsure += _rising(rising)
        _require_columns(seen, options["columns"], left_out)
    task = _task(seen, target)
    if target not in _named_targets(columns):
        _require_repeated(seen, target, task)
        unsure += _one_recording(seen, time)
    said.append(f"the target is {target}: {task}")
    unsure += [*_thousands(seen, [*inputs, *([target] if task == "regression" else [])])]
    runs = 1 + sum(a != b for a, b in zip(seen.cells[target], seen.cells[target][1:], strict=False))
    if time and task == "classification" and seen.rows / runs >= _WINDOWS[0]:
        window = _window(seen, time, seen.rows // runs)
        options |= {"target": target, "time": time, "window": window, **_time_unit(seen, time)}
        options |= {"recording": recording} if recording else {}
        unsure.append(f"rows follow each other in {time}: they are cut into windows of {window} rows")
        if "columns" in options:
            options["columns"] = [c for c in options["columns"] if c not in (time, recording)]
        return FoundTable("windows", options, "cnn_1d", said, unsure)
    if time and not seen.numeric(time):
        what = described(time, seen.cells[time])
        unsure.append(f"{what} is left out: each row is taken as a sample of its own")
    options["target"] = [target]
    options |= {"task": task} if task != "classification" else {}
    options |= {"split": split} if split else {}
    if group:
        options["group"] = group
        unsure.append(f"rows with the same {group} stay in one split (group)")
    return FoundTable("csv", options, "mlp", said, unsure)


def look_at_recordings(paths: Sequence[Path]) -> FoundTable:
    """Return how recordings in files are read."""
    sniffed, about = common_form(paths)
    (seen, form, said), lengths, rising = _first_readable(paths, sniffed)
    said += about
    options: dict[str, Any] = dict(form)
    time = _time(seen) or next(iter(rising), "")
    texts = [c for c in seen.table.columns if c != time and not seen.mostly_numeric(c)]
    rising = [c for c in rising if c != time] if texts else []
    numbers = [c for c in seen.table.columns if c not in (time, *texts, *rising)]
    unsure = [*_unnamed(seen), *_left_out(seen, texts), *_rising(rising), *_thousands(seen, numbers)]
    if texts:
        options["columns"] = numbers
        _require_columns(seen, numbers, texts)
    if time:
        options |= {"time": time, **_time_unit(seen, time)}
    window = _window(seen, time, min(lengths))
    options["window"] = window
    short, long = f"{min(lengths):,}", f"{max(lengths):,}"
    said.append(f"recordings of {short} rows" if short == long else f"recordings of {short} to {long} rows")
    unsure.append(f"window is a guess: {window} rows")
    return FoundTable("windows", options, "cnn_1d", said, unsure)


def label_of_each(paths: Sequence[Path]) -> tuple[str, list[str]]:
    """Return a column of text that is the same in all rows of a table and differs between tables.

    With it come its texts, one a table; "" and none if there is no such column, or a table is broken.
    """
    try:
        looks = [_see(path)[0] for path in paths]
    except InputError:
        return "", []
    for name in looks[0].table.columns:
        texts = [set(seen.cells.get(name, ())) for seen in looks]
        labels = [next(iter(found)) for found in texts if len(found) == 1]
        if len(labels) == len(paths) and 1 < len(set(labels)) <= _MOST_CLASSES and any(map(_is_word, labels)):
            return name, labels
    return "", []


def _is_word(text: str) -> bool:
    return bool(text) and not is_number(text)


def _first_readable(paths: Sequence[Path], sniffed: TableForm | None) -> tuple[_Look, list[int], list[str]]:
    """Return the first table that can be read, how long all are, and which columns only rise in all.

    Of tables that lack cells, or columns that the first has, the length does not count if others have them.
    """
    first: _Look | None = None
    rising: list[str] = []
    lengths, of_whole = [], []
    for path in paths:
        try:
            look = _see(path, sniffed)
        except InputError as error:
            problem = error
            continue
        before = rising if first else look[0].table.columns
        rising = [c for c in before if c in look[0].cells and look[0].rises(c)]
        first = first or look
        lengths.append(look[0].rows)
        if look[0].is_whole and set(first[0].table.columns) <= set(look[0].table.columns):
            of_whole.append(look[0].rows)
    if first is None:
        raise problem
    return first, of_whole or lengths, rising


def _see(path: Path, sniffed: TableForm | None = None) -> _Look:
    """Return the first rows of a table, the options that read it, and what is to be said."""
    said: list[str] = []
    if sniffed is None:
        with path.open("rb") as stream:
            sniffed = sniff_form(stream.read(SAMPLE_BYTES))
    known = sniffed.header
    table = read_table(path, sniffed, known)
    cells: dict[str, list[str]] = {name: [] for name in table.columns}
    is_whole = True
    for _, row in islice(table.rows(), _ROWS):
        if len(row) < len(table.columns):
            is_whole = False
        else:
            for name, cell in zip(table.columns, row, strict=False):
                cells[name].append(cell.strip())
    if not next(iter(cells.values())):
        raise InputError(
            f"{printable(path.name)} has no rows that fit its header.", hint=table.hint or _ROWS_HINT
        )
    form = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(sniffed).items()
        if value != getattr(TableForm(), key)
    }
    said += [f"tables with {key} {value!r}" for key, value in form.items() if key not in ("header", "units")]
    said += ["a line of units behind the header is left out (units)"] if sniffed.units else []
    return _Seen(table, cells, is_whole), form, said


def _time_unit(seen: _Seen, time: str) -> dict[str, str]:
    """Return the option that says the unit of the time, where a line of units does."""
    if not seen.table.form.units:
        return {}
    line = next(replace(seen.table, form=replace(seen.table.form, units=False)).rows())[1]
    unit = line[seen.table.columns.index(time)].strip().strip("[]()").lower()
    return {"time_unit": unit} if unit in UNITS_S else {}


def _left_out(seen: _Seen, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    shown = ", ".join(described(name, seen.cells[name]) for name in names[:_SHOWN])
    return [f"columns of text are left out: {shown}{more}"]


def _rising(names: Sequence[str]) -> list[str]:
    return [f"{name} is left out of columns: it only rises, as a time or an index does" for name in names]


def _require_columns(seen: _Seen, columns: Sequence[str], texts: Sequence[str]) -> None:
    if not columns:
        shown = ", ".join(described(name, seen.cells[name]) for name in texts[:_SHOWN])
        raise InputError(
            f"{seen.table.name} has no column of numbers to learn from{': ' if shown else '.'}{shown}",
            hint=seen.table.hint or "Try: numbers without signs or words beside them",
        )


def _thousands(seen: _Seen, names: Sequence[str]) -> Iterator[str]:
    """Say where 1.054 may be a thousand and more: not in tables with commas between their cells."""
    if seen.table.form.separator == "," and seen.table.form.decimal == ".":
        return
    for name in names:
        example = may_be_thousands(seen.cells[name])
        if example:
            read = example.replace(seen.table.form.decimal, ".")
            yield f"{example} in {name} is read as {float(read):g}: is it {re.sub('[.,]', '', example)}?"


def _unnamed(seen: _Seen) -> list[str]:
    if not seen.table.form.header:
        return []
    return [f"{seen.table.name} has no header: change the names of its columns, column1 and so on (header)"]


def _time(seen: _Seen) -> str:
    """Return the column of the time, by its name and numbers; "" for none."""
    for name in seen.table.columns:
        rises = seen.numeric(name) and trait_of(seen.values(name)).rises
        if is_timely(name) and (rises or not seen.numeric(name)):
            return name
    return ""


def _target(seen: _Seen, columns: Sequence[str]) -> tuple[str, list[str]]:
    named = _named(columns, _TARGETS, "")
    if named:
        return named, []
    texts = [name for name in columns if not seen.numeric(name)]
    texts = [name for name in texts if len(set(seen.cells[name])) <= max(seen.rows // 3, 2)]
    if len(texts) == 1:
        return texts[0], [f"{texts[0]} is the only column of repeated text: taken as the target"]
    return columns[-1], [f"no column is named as a target: the last one, {columns[-1]}, is taken"]


def _named_targets(columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in columns if name.lower() in _TARGETS)


def _require_repeated(seen: _Seen, target: str, task: str) -> None:
    """Raise InputError where a column of text that would be the classes is another text in most rows."""
    different = len(set(seen.cells[target]))
    if task == "classification" and seen.rows >= _FEWEST_ROWS and different > seen.rows / 2:
        raise InputError(
            f"{seen.table.name} has no column that says what each row is: the last one, "
            f"{described(target, seen.cells[target])}, has {different:,} different texts in "
            f"{seen.rows:,} rows, so it is no class.",
            hint=_LABELS_HINT,
        )


def _one_recording(seen: _Seen, time: str) -> list[str]:
    """Say what a table of a time and numbers alone may be."""
    if not time or any(not seen.mostly_numeric(name) for name in seen.table.columns if name != time):
        return []
    return [
        f"{seen.table.name} has a time, and no column that says what is in it: if it is one recording of a "
        f"sensor, it needs {_LABELS}"
    ]


def _task(seen: _Seen, target: str) -> str:
    if not seen.mostly_numeric(target):
        return "classification"
    values = seen.values(target)
    values = values[~np.isnan(values)]
    different = len(np.unique(values))
    whole = bool((values == np.rint(values)).all())
    return "classification" if whole and different <= min(_MOST_CLASSES, seen.rows // 4) else "regression"


def _named(columns: Sequence[str], wanted: Sequence[str], but: str) -> str:
    lower = {name.lower(): name for name in columns if name != but}
    return next((lower[name] for name in wanted if name in lower), "")


def _window(seen: _Seen, time: str, shortest: int) -> int:
    """Return about two seconds, but at most half of the shortest recording."""
    wanted = 128.0
    if time and seen.numeric(time):
        values = seen.values(time)
        unit, step = unit_of(time, float(values[0])), trait_of(values).step
        wanted = _WINDOW_S / (step * UNITS_S[unit]) if unit and step else wanted
    limit = min(max(wanted, _WINDOWS[0]), shortest / 2 if shortest >= 2 * _WINDOWS[0] else shortest)
    return max((w for w in _WINDOWS if w <= limit), default=max(int(limit), 1))
