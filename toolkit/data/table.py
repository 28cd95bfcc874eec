# SPDX-License-Identifier: Apache-2.0
"""Text tables with a header line: what the sources for tables, recordings and labels read."""

from __future__ import annotations

import csv
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.data.dataset import Broken
from toolkit.data.places import printable, read_text
from toolkit.errors import InputError
from toolkit.suggest import did_you_mean

_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Table:
    """A file's columns and what it is called; text is all of it."""

    name: str
    columns: tuple[str, ...]
    separator: str
    text: str

    def places(self, names: Sequence[str]) -> list[int]:
        """Return where the columns of these names stand. Raises InputError for one that is not there."""
        for name in names:
            if name not in self.columns:
                raise InputError(
                    f"{self.name} has no column {name!r}. {did_you_mean(name, self.columns)}",
                    hint="Try: its name as in the first line of the file",
                )
        return [self.columns.index(name) for name in names]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Give each row that is not empty with the line it ends on, which the header's is 1."""
        reader = csv.reader(StringIO(self.text), delimiter=self.separator)
        next(reader)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except csv.Error as error:
            raise InputError(f"{self.name}:{reader.line_num}: {error}.") from error


@dataclass(frozen=True, eq=False)
class Columns:
    """What was read of a table: numbers (n, columns), text columns by row, and the line of each row."""

    numbers: NDArray[np.float32]
    texts: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    broken: tuple[Broken, ...]


def check_separator(separator: str) -> None:
    """Raise ValueError if separator cannot stand between columns."""
    if len(separator) != 1 or separator in '"\r\n':
        raise ValueError(f"separator {separator!r} must be one character.")


def read_table(path: Path, separator: str = ",") -> Table:
    """Return the table in path. Raises InputError if it cannot be read, or as parse_table does."""
    return parse_table(printable(path.name), read_text(path), separator)


def parse_table(name: str, text: str, separator: str) -> Table:
    """Return the table in text. Raises InputError if it has no header with names that all differ."""
    try:
        header = next(csv.reader(StringIO(text), delimiter=separator), [])
    except csv.Error as error:
        raise InputError(f"{name}:1: {error}.") from error
    columns = tuple(column.strip() for column in header)
    if not columns:
        raise InputError(f"{name} is empty.", hint="Try: a first line with the columns' names")
    if len(set(columns)) != len(columns):
        raise InputError(f"{name} has two columns of the same name in its first line: {list(columns)}.")
    return Table(name, columns, separator, text)


def read_columns(
    table: Table, numbers: Sequence[str], texts: Sequence[str], may_be_empty: Sequence[str] = ()
) -> Columns:
    """Return the columns of these names; a row that lacks one, or has no finite number, is broken.

    may_be_empty names those of texts of which a row may have none.
    """
    number_places, text_places = table.places(numbers), table.places(texts)
    optional = set(table.places(may_be_empty))
    values, words, lines, broken = array("f"), [], [], []
    for line, row in table.rows():
        try:
            one = [_number(row, place, table) for place in number_places]
            words.append(tuple(_text(row, place, table, place in optional) for place in text_places))
        except ValueError as error:
            broken.append(Broken(f"{table.name}:{line}", str(error)))
            continue
        values.extend(one)
        lines.append(line)
    shaped = np.frombuffer(values, np.float32).reshape(len(lines), len(numbers))
    return Columns(shaped, tuple(words), tuple(lines), tuple(broken))


def _number(row: list[str], place: int, table: Table) -> float:
    text = _text(row, place, table)
    column = table.columns[place]
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} in the column {column!r} is no number") from None
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError(f"{text} in the column {column!r} is NaN, infinite or too large")
    return value


def _text(row: list[str], place: int, table: Table, may_be_empty: bool = False) -> str:
    text = row[place].strip() if place < len(row) else ""
    if not text and not may_be_empty:
        raise ValueError(f"the column {table.columns[place]!r} is empty")
    return text
