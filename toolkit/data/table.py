# SPDX-License-Identifier: Apache-2.0
"""Text tables with a header line: what the sources for tables, recordings and labels read.

A table is read a line at a time, and never more of it than was asked for: neither an endless line nor
a quotation mark that is not closed takes memory.
"""

from __future__ import annotations

import csv
import io
import math
import re
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice, zip_longest
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Broken
from toolkit.data.form import (
    AUTO,
    MISSING_TEXTS,
    SAMPLE_BYTES,
    TableForm,
    cells_of,
    encoding_of,
    first_cells,
    hint_of,
    is_number,
    plain_form,
    sniff_form,
)
from toolkit.data.places import printable
from toolkit.errors import InputError
from toolkit.reading import require_file
from toolkit.suggest import did_you_mean

_LARGEST = float(np.finfo(np.float32).max)
_LONGEST_LINE = 1 << 23
"""In characters: a line of some hundred thousand columns."""
_MOST_COLUMNS = 100_000
"""A table of more takes minutes, and fits no board."""
_SHOWN = 8
_ARCHIVE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How .xlsx, .ods and .zip files begin, and .xls files."""
MODEL_HINT = "Try: the data that it is to learn from, or see it: tinyml inspect MODEL"
_SOME_DAY_S = 946_684_800.0
"""2000-01-01 in seconds since 1970, from which times of a day are counted: their unit is told by it."""
_OF_DAY = re.compile(r"\d{1,2}:\d{2}:\d{2}(\.\d*)?")
USUAL = TableForm()
_OTHER_MINUS = ("\u2212", "\u2012", "\u2013")
_PLACE_HINT = "Try: its place, from the project's folder on, in the section [data.options]"
_IS_MISSING = ", which stands for a missing value"
_MISSING_HINT = "Try: another name, such as nothing, if it is a class"
_HEADER_HINT = "Try: its name as in the first line of the file"


@dataclass(frozen=True)
class Table:
    """A file's columns and what it is called; opened gives its text from the start, head its first bytes."""

    name: str
    columns: tuple[str, ...]
    form: TableForm
    opened: Callable[[], TextIO]
    head: bytes

    @property
    def hint(self) -> str:
        """The options with which it would read better, "" if none is known."""
        found, given = sniff_form(self.head), self.form.encoding
        if found.encoding == "utf-8" and not self.head.isascii() and not _is_utf_8(given):
            found = replace(found, encoding=AUTO)
        return hint_of(found, self.form)

    def places(self, names: Sequence[str]) -> list[int]:
        """Return where the columns of these names stand. Raises InputError for one that is not there."""
        known = {name: place for place, name in reversed(list(enumerate(self.columns)))}
        for name in names:
            if name not in known:
                raise InputError(
                    f"{self.name} has no column {name!r}. {_nearest(name, self.columns)}",
                    hint=self._hint_for(names),
                )
        return [known[name] for name in names]

    def _hint_for(self, names: Sequence[str]) -> str:
        """Return the options with which there would be columns of these names; else they are misspelled."""
        found = sniff_form(self.head)
        header = found.header or first_cells(self.head, found)
        return self.hint if found.header or set(names) <= set(header) else _HEADER_HINT

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give each row that is not empty with the line it ends on, which the header's is 1."""
        with self.opened() as stream:
            lines = _Lines(self.name, stream, self.form)
            rows = _rows(lines, self.form)
            if not self.form.header:
                next(rows, None)
            for place, row in enumerate(rows):
                if place or not self.form.units or any(is_number(cell, self.form.decimal) for cell in row):
                    yield lines.number, row


@dataclass(frozen=True, eq=False)
class Columns:
    """What was read of a table: numbers (n, columns), text columns by row, and the line of each row.

    gaps are places of rows before which something broken was left out.
    """

    numbers: NDArray[np.float64]
    texts: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    broken: tuple[Broken, ...]
    gaps: tuple[int, ...] = ()


def _is_utf_8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith(("utf-8", "utf8"))


def is_model(head: bytes) -> bool:
    """Return whether a file's first bytes are those of a .tflite or .h5 model."""
    return head[4:8] == b"TFL3" or head.startswith(b"\x89HDF\r\n\x1a\n")


def read_table(path: Path, form: TableForm | None = USUAL, known: Collection[str] = ()) -> Table:
    """Return the table in path, None for a form that its beginning shows.

    Raises InputError if it cannot be read, or as parse_table does.
    """
    name = printable(path.name)
    try:
        if not path.exists():
            raise InputError(f"cannot read {path}: No such file or directory.", hint=_PLACE_HINT)
        require_file(path)
        with path.open("rb") as stream:
            head = stream.read(SAMPLE_BYTES)
        if head.startswith(_ARCHIVE):
            what = f"{name} is a spreadsheet or an archive, whatever its name says, and no text."
            raise InputError(what, hint="Try: save it as CSV (UTF-8), or unpack it")
        if is_model(head):
            raise InputError(f"{name} is a model, and no data.", hint=MODEL_HINT)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.") from error
    chosen = plain_form(head) if form is None else form
    return _table(name, lambda: _text(path.open("rb"), chosen), head, chosen, known)


def read_plain_table(path: Path) -> Table:
    """Return a table that no option describes: its form is plain_form's. Raises as read_table does."""
    try:
        return read_table(path, None)
    except InputError as error:
        raise without_options(error) from error


def read_plain_columns(table: Table, texts: Sequence[str], may_be_empty: Sequence[str] = ()) -> Columns:
    """Return text columns of such a table. Raises as read_columns does."""
    try:
        return read_columns(table, (), texts, may_be_empty)
    except InputError as error:
        raise without_options(error) from error


def without_options(error: InputError) -> InputError:
    """Return the error about a table that no option says how to read."""
    if "[data.options]" not in (error.hint or ""):
        return error
    if error.hint == _PLACE_HINT:
        return InputError(error.message, hint="Try: its place, from this folder on")
    hint = "Try: save it as UTF-8, with a header, and with commas between cells and points in numbers"
    return InputError(error.message, hint=hint)


def parse_table(name: str, content: bytes, form: TableForm, known: Collection[str] = ()) -> Table:
    """Return the table in content.

    known are names that options give to columns: these may be numbers. Raises InputError if there is no
    header with names that all differ.
    """
    return _table(name, lambda: _text(io.BytesIO(content), form), content[:SAMPLE_BYTES], form, known)


def _table(
    name: str, opened: Callable[[], TextIO], head: bytes, form: TableForm, known: Collection[str]
) -> Table:
    with opened() as stream:
        first = next(_rows(_Lines(name, stream, form), form), [])
    columns = form.header or _names(first)
    table = Table(name, columns, form, opened, head)
    if not first:
        raise InputError(f"{name} is empty.", hint="Try: a first line with the columns' names")
    if len(columns) > _MOST_COLUMNS:
        raise InputError(
            f"{name} has {len(columns):,} columns; at most {_MOST_COLUMNS:,} are read.",
            hint='Try: source = "numpy" with arrays x (rows, columns) and y, which numpy.savez writes',
        )
    if not form.header:
        _require_one_header(table)
        _require_names(table, known)
    return table


def _require_one_header(table: Table) -> None:
    """Raise InputError where two lines of names stand above the numbers: the first names few, or groups."""
    with table.opened() as stream:
        rows = list(islice(_rows(_Lines(table.name, stream, table.form), table.form), 3))
    if len(rows) < 3:
        return
    first, second, third = ([cell.strip() for cell in row] for row in rows)
    named, below = [c for c in first if c], [c for c in second if c]
    few = 2 * len(named) < len(below) or len(set(named)) < len(named)
    words = len(below) > 1 and not any(is_number(c, table.form.decimal) for c in first + second)
    if not (few and words and any(is_number(c, table.form.decimal) for c in third)):
        return
    found = sniff_form(table.head)
    if (found.comment, found.separator) == (table.form.comment, table.form.separator):
        raise InputError(
            f"{table.name} has two lines of names above its numbers: {_some(named)}, and {_some(below)}.",
            hint="Try: one line with a name for each column, such as "
            + ",".join("_".join(filter(None, pair)) for pair in zip_longest(first, second, fillvalue="")),
        )


def _require_names(table: Table, known: Collection[str]) -> None:
    if len(set(table.columns)) != len(table.columns):
        twice = next(c for i, c in enumerate(table.columns) if c in table.columns[:i])
        raise InputError(
            f"{table.name} has two columns of the same name in its first line: {twice!r}.",
            hint="Try: another name for one of them",
        )
    numbers = [c for c in table.columns if is_number(c, table.form.decimal) and c not in known]
    if not numbers:
        return
    hint = table.hint or 'Try: header = ["..."], the names of its columns, in the section [data.options]'
    raise InputError(
        f"{table.name} has no header: its first line has {_some(numbers)} where names of columns belong.",
        hint=f"{hint}\nIf these are names: columns = [...] with them",
    )


def read_columns(
    table: Table,
    numbers: Sequence[str],
    texts: Sequence[str],
    may_be_empty: Sequence[str] = (),
    *,
    times: Sequence[str] = (),
) -> Columns:
    """Return the columns of these names; a row that has no finite number, or more or fewer cells, is broken.

    In texts, NaN and the like (form.MISSING_TEXTS) are empty cells. may_be_empty names those of texts of
    which a row may have none, times those of numbers that may be
    dates of ISO 8601, which become seconds.
    """
    number_places, text_places = table.places(numbers), table.places(texts)
    optional, dates = set(table.places(may_be_empty)), set(table.places(times))
    values, words = array("d"), []
    lines: list[int] = []
    broken: list[Broken] = []
    gaps: list[int] = []
    for line, row in table.rows():
        try:
            _require_length(row, table)
            one = [(_time if p in dates else _number)(row, p, table) for p in number_places]
            words.append(tuple(_text_cell(row, p, table, p in optional) for p in text_places))
        except ValueError as error:
            hint = table.hint or (_MISSING_HINT if str(error).endswith(_IS_MISSING) else "")
            broken.append(Broken(f"{table.name}:{line}", str(error), hint if not broken else ""))
            gaps.append(len(lines))
            continue
        values.extend(one)
        lines.append(line)
    if broken and not lines and broken[0].reason.endswith("is no number") and not broken[0].hint:
        hint = "Try: columns = [...] in the section [data.options], with the columns that are numbers"
        broken[0] = replace(broken[0], hint=hint)
    shaped = np.frombuffer(values, np.float64).reshape(len(lines), len(numbers))
    return Columns(shaped, tuple(words), tuple(lines), tuple(broken), tuple(dict.fromkeys(gaps)))


class _Lines:
    """The lines of a table that are no comments; number is that of the last one that was read."""

    def __init__(self, name: str, stream: TextIO, form: TableForm) -> None:
        self.name, self._stream, self._form, self.number = name, stream, form, 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(_LONGEST_LINE):
            self.number += 1
            if len(line) == _LONGEST_LINE:
                raise InputError(f"{self.name}:{self.number}: has more than {_LONGEST_LINE:,} characters.")
            self._require_text(line)
            if not self._form.comment or not line.lstrip().startswith(self._form.comment):
                yield line

    @property
    def _text_kind(self) -> str:
        return "UTF-8 or CP1252" if self._form.encoding == AUTO else self._form.encoding.upper()

    def _require_text(self, line: str) -> None:
        """What cannot be decoded came as surrogates, so that the line is known."""
        try:
            if not line.isascii():
                line.encode("utf-8")
        except UnicodeEncodeError:
            other = "cp1252" if self._form.encoding == "utf-8" else "utf-8"
            other = "utf-16" if line.startswith(("\udcff\udcfe", "\udcfe\udcff")) else other
            mixed = ', or "auto" if others are UTF-8' if other == "cp1252" else ""
            raise InputError(
                f"{self.name}:{self.number}: is not {self._text_kind} text.",
                hint=f'Try: encoding = "{other}"{mixed}, in the section [data.options], or save it as UTF-8',
            ) from None
        if zeros := line.count("\0"):
            every_second = (
                'Try: encoding = "utf-16" in the section [data.options], if it is from a spreadsheet'
            )
            some = "Try: the file without them: a logger leaves them, as where its power was cut"
            raise InputError(
                f"{self.name}:{self.number}: has zero bytes, so it is no {self._text_kind} text.",
                hint=every_second if len(line) / 3 < zeros < 2 * len(line) / 3 else some,
            )


def _rows(lines: _Lines, form: TableForm) -> Iterator[list[str]]:
    """Give the rows that are not empty."""
    start = 0
    try:
        for row in cells_of(iter(lines), form.separator):
            if any(cell.strip() for cell in row):
                yield row
            start = lines.number
    except csv.Error as error:
        reason = (
            "a cell has no end: is a quotation mark not closed?" if "limit" in str(error) else f"{error}."
        )
        raise InputError(f"{lines.name}:{start + 1}: {reason}") from error


def _text(stream: io.BufferedReader | io.BytesIO, form: TableForm) -> TextIO:
    encoding = encoding_of(stream) if form.encoding == AUTO else form.encoding
    encoding = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    return io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")


def _names(first: list[str]) -> tuple[str, ...]:
    """Return the names in a first line; a column without one, as of pandas' index, gets its number."""
    while first and not first[-1].strip():
        first = first[:-1]
    return tuple(cell.strip() or f"unnamed {place + 1}" for place, cell in enumerate(first))


def _require_length(row: list[str], table: Table) -> None:
    """A separator at the end of a line makes no cell."""
    _require_no_lines(row, table)
    cells = len(row)
    while cells > len(table.columns) and not row[cells - 1].strip():
        cells -= 1
    if cells != len(table.columns):
        cut = "; is the line cut off?" if cells < len(table.columns) else _split_numbers(row[:cells], table)
        plural = "s" if len(table.columns) > 1 else ""
        names = f"the header names {len(table.columns)} column{plural}"
        raise ValueError(f"has {cells} {'cell' if cells == 1 else 'cells'}; {names}{cut}")
    if [cell.strip() for cell in row[:cells]] == list(table.columns):
        raise ValueError("repeats the header")


def _split_numbers(row: list[str], table: Table) -> str:
    """Say what extra cells are where numbers with a decimal comma stand between commas."""
    whole = all(cell.strip().lstrip("+-").isdecimal() for cell in row[:-1])
    if table.form.separator != "," or not whole or len(row) > 2 * len(table.columns):
        return ""
    return "; are its commas decimal ones? Save it with semicolons between the cells"


def _require_no_lines(row: list[str], table: Table) -> None:
    """Raise ValueError where a quotation mark took lines of the table into a cell."""
    for cell in row:
        inside = cell.split("\n")[1:-1] if "\n" in cell else []
        if any(line.count(table.form.separator) == len(table.columns) - 1 for line in inside):
            lines = cell.count("\n") + 1
            before = "".join(row).rstrip("\n").count("\n")  # the row's number is that of its last line
            raise ValueError(
                f"has a cell of {lines:,} lines: is a quotation mark not closed, {before:,} lines before?"
            )


def _number(row: list[str], place: int, table: Table) -> float:
    text = _cell(row, place, table)
    column, comma = table.columns[place], table.form.decimal == ","
    try:
        if "_" in text or (comma and "." in text):
            raise ValueError
        value = float(text.replace(",", ".") if comma else text)
    except ValueError:
        sign = ": its minus sign is not -" if text[:1] in _OTHER_MINUS else ""
        raise ValueError(f"{_short(text)} in the column {column!r} is no number{sign}") from None
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError(f"{text} in the column {column!r} is NaN, infinite or too large")
    return value


def _time(row: list[str], place: int, table: Table) -> float:
    text = _cell(row, place, table)
    if is_number(text, table.form.decimal):
        return _number(row, place, table)
    plain = text.replace(",", ".").replace("Z", "+00:00")
    try:
        if _OF_DAY.fullmatch(plain):
            hours, minutes, seconds = plain.split(":")
            return _SOME_DAY_S + 3600 * int(hours) + 60 * int(minutes) + float(seconds)
        moment = datetime.fromisoformat(plain)
    except ValueError:
        column = table.columns[place]
        raise ValueError(
            f"{_short(text)} in the column {column!r} is neither a number nor a time such as "
            "2024-01-31 12:00:00 or 12:00:00.25"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _cell(row: list[str], place: int, table: Table, may_be_empty: bool = False) -> str:
    text = row[place].strip()
    is_missing = table.form.is_missing(text)
    if (not text or is_missing) and not may_be_empty:
        what = f"{text}, which is missing" if is_missing else "empty"
        raise ValueError(f"the column {table.columns[place]!r} is {what}")
    return "" if is_missing else text


def _text_cell(row: list[str], place: int, table: Table, may_be_empty: bool) -> str:
    """Return a cell of a class or the like; what stands for a missing value is empty."""
    text = _cell(row, place, table, may_be_empty)
    if text not in MISSING_TEXTS:
        return text
    if not may_be_empty:
        raise ValueError(f"the column {table.columns[place]!r} is {text!r}{_IS_MISSING}")
    return ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _nearest(name: str, columns: Sequence[str]) -> str:
    """As did_you_mean does, but never a list of all columns of a table that has many."""
    if len(columns) <= _SHOWN:
        return did_you_mean(name, columns)
    near = did_you_mean(name, columns[:1000])
    return near if near.startswith("Did") else f"It has {len(columns):,}: {_some(columns)}."
