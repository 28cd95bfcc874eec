# SPDX-License-Identifier: Apache-2.0
"""How a text table is written: the options that say it, and what csv.Sniffer finds in one."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import BinaryIO

SAMPLE_BYTES = 1 << 16
"""How much of a table is looked at to find how it is written."""
_LINES = 100
_SEPARATORS = (",", ";", "\t", "|")
_SPACES = " "
_COMMENTS = ("#", "%", "//", "sep=")
_COMMA = re.compile(r"\s*[-+]?\d*,\d+\s*")
MISSING_TEXTS = frozenset(
    ("NaN", "nan", "-nan", "NA", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NULL", "null", "None", "?")
)
"""What pandas, R, spreadsheets, databases and the UCI archive write where nothing is; none may be a class."""
_MISSING = {"", "-", *(text.lower() for text in MISSING_TEXTS)}
_LONGEST_UNIT = 12
AUTO = "auto"
"""The encoding that each file tells by itself."""
_BLOCK = 1 << 20
_GROUPED = re.compile(r"\s*[-+]?[1-9]\d{0,2}(,\d{3})+\s*")
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")


@dataclass(frozen=True)
class TableForm:
    """separator stands between cells, decimal in numbers; encoding is Python's name of it, or AUTO.

    Where both are a comma, cells with numbers are quoted.
    A separator of a space is any number of spaces. A line that starts with comment is left out. header
    names the columns of a table whose first line does not; with units, a line behind the header that has
    no number is left out. A cell that is one of missing, as a text or as a number, is empty.
    """

    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    comment: str = ""
    header: tuple[str, ...] = ()
    units: bool = False
    missing: tuple[str, ...] = ()

    def is_missing(self, text: str) -> bool:
        """Return whether a cell stands for a missing value."""
        if not self.missing or text in self.missing:
            return bool(self.missing)
        return self._number(text) is not None and self._number(text) in map(self._number, self.missing)

    def _number(self, text: str) -> float | None:
        if not is_number(text, self.decimal):
            return None
        return float(text.replace(",", ".") if self.decimal == "," else text)


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """The keys of [data.options] of every source that reads tables; each as in TableForm."""

    separator: str = ","
    decimal: str = "."
    encoding: str = "utf-8"
    comment: str = ""
    header: tuple[str, ...] = field(default=())
    units: bool = False
    missing: tuple[str, ...] = field(default=())

    def check_form(self) -> None:
        """Raise ValueError if no table can be written so."""
        check_separator(self.separator)
        if self.decimal not in (".", ",") or self.decimal == self.separator == ".":
            raise ValueError(f"decimal {self.decimal!r} must be . or , and . not the separator.")
        if len(set(self.header)) != len(self.header):
            raise ValueError(f"header names a column twice: {', '.join(self.header)}.")
        if self.encoding == AUTO:
            return
        try:
            codecs.lookup(self.encoding)
            "".encode(self.encoding)
        except LookupError as error:
            raise ValueError(
                f"encoding {self.encoding!r} is not known, such as utf-8, cp1252, utf-16 or auto."
            ) from error

    @property
    def form(self) -> TableForm:
        """How the tables are written."""
        return TableForm(**{each.name: getattr(self, each.name) for each in fields(TableForm)})


def check_separator(separator: str) -> None:
    """Raise ValueError if separator cannot stand between columns."""
    if len(separator) != 1 or separator in '"\r\n':
        raise ValueError(f"separator {separator!r} must be one character.")


def is_number(text: str, decimal: str = ".") -> bool:
    """Return whether a cell is a number, "nan" and "inf" not among them."""
    return _NUMBER.fullmatch(text if decimal == "." else text.replace(",", ".")) is not None


def sniff_form(content: bytes) -> TableForm:
    """Return how the table whose first bytes are content is written, as far as they show it.

    A header that is not there is column1, column2 ... The separator is csv.Sniffer's, unless with another
    one more cells are numbers.
    """
    encoding = _encoding(content)
    lines = content.decode(encoding, "replace").lstrip("\ufeff").splitlines()
    lines = [line for line in lines[: _LINES + 1] if line.strip()]
    if len(content) >= SAMPLE_BYTES and len(lines) > 1:
        lines = lines[:-1]
    comment = next((mark for mark in _COMMENTS if lines and lines[0].lstrip().startswith(mark)), "")
    lines = [line for line in lines if not comment or not line.lstrip().startswith(comment)]
    separator, decimal = max(_ways(lines), key=lambda way: _fit(lines, *way))
    first = next(cells_of(lines[:1], separator), [])
    has_names = not any(is_number(cell, decimal) for cell in first)
    header = () if has_names else tuple(f"column{i + 1}" for i in range(len(first)))
    units = has_names and _has_units(list(cells_of(lines[1:12], separator)), decimal)
    return TableForm(separator, decimal, encoding, comment, header, units)


def plain_form(content: bytes) -> TableForm:
    """Return how a table is written that no option describes, as far as nothing else can be meant.

    That is with a comma between cells. Where the first line, of names, has none, but another separator: with
    that, and with the sign that numbers then have. UTF-8, unless it starts with the mark of UTF-16.
    """
    found = sniff_form(content)
    plain = TableForm(encoding="utf-16" if found.encoding == "utf-16" else "utf-8", comment=found.comment)
    other = replace(plain, separator=found.separator, decimal=found.decimal)
    if len(first_cells(content, plain)) > 1 or len(first_cells(content, other)) < 2:
        return plain
    return other


def first_cells(content: bytes, form: TableForm) -> list[str]:
    """Return the cells of the first line that is no comment, of a table whose first bytes are content."""
    lines = content.decode(form.encoding, "replace").lstrip("\ufeff").splitlines()
    is_comment = form.comment or "\n"  # no line has one
    lines = [line for line in lines if line.strip() and not line.lstrip().startswith(is_comment)]
    return [cell.strip() for cell in next(cells_of(lines[:1], form.separator), [])]


def cells_of(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """Give the rows of a table as lists of cells; of spaces there may be several between two cells."""
    return csv.reader(lines, delimiter=separator, skipinitialspace=separator == _SPACES)


def _has_units(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the first row has words where the others have numbers: in most columns, or nothing elsewhere.

    A date or a class has no unit: its cell is empty.
    """
    if len(rows) < 3 or any(is_number(cell, decimal) for cell in rows[0]):
        return False
    words = {cell.strip().lower() for cell in rows[0]}
    if words <= _MISSING or max(map(len, words)) > _LONGEST_UNIT:
        return False
    numeric = [[is_number(cell, decimal) for cell in row] for row in rows[1:]]
    if all(sum(row) > len(row) / 2 for row in numeric):
        return True
    if any(len(row) != len(rows[0]) for row in rows):
        return False
    named = [place for place, cell in enumerate(rows[0]) if cell.strip()]
    return all(row[place] for row in numeric for place in named)


def hint_of(found: TableForm, given: TableForm) -> str:
    """Return the options that differ, "" if none does: 'Try: separator = ";" in the section ...'."""
    pairs = []
    for name in ("separator", "decimal", "encoding", "comment", "units"):
        wanted = getattr(found, name)
        if wanted and wanted != getattr(given, name) and not _same(name, wanted, getattr(given, name)):
            pairs.append(f"{name} = {json.dumps(wanted)}")
    if found.header and not given.header:
        shown = ", ".join(json.dumps(name) for name in found.header[:8])
        pairs.append(
            f"header = [{shown}{', ...' if len(found.header) > 8 else ''}], the names of its columns,"
        )
    return f"Try: {' and '.join(pairs)} in the section [data.options]" if pairs else ""


def _same(name: str, found: str, given: str) -> bool:
    """ASCII is UTF-8 and many other encodings too."""
    return name == "encoding" and (
        found == "utf-8" or given == AUTO or (found != AUTO and codecs.lookup(found) == codecs.lookup(given))
    )


def encoding_of(stream: BinaryIO) -> str:
    """Return "utf-16" if a stream starts with its mark, "utf-8" if all can be decoded, else "cp1252".

    A megabyte is in memory; the stream is then at its start again.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = stream.read(_BLOCK)
    found = "utf-16" if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        while block and found == "utf-8":
            decoder.decode(block)
            block = stream.read(_BLOCK)
        decoder.decode(b"", final=found == "utf-8")
    except UnicodeDecodeError:
        found = "cp1252"
    stream.seek(0)
    return found


def _encoding(content: bytes) -> str:
    """Of a beginning, in which the last character may be cut."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content, final=len(content) < SAMPLE_BYTES)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _ways(lines: Sequence[str]) -> list[tuple[str, str]]:
    """Give pairs of separator and decimal, the likeliest first: that of csv.Sniffer."""
    try:
        first = csv.Sniffer().sniff("\n".join(lines[:20]), "".join(_SEPARATORS)).delimiter
    except csv.Error:
        first = ","
    order = dict.fromkeys((first, *_SEPARATORS, _SPACES))
    ways = [(mark, decimal) for mark in order for decimal in (".", ",")]
    return [*(way for way in ways if way[0] != way[1]), (",", ",")]


def _fit(lines: Sequence[str], separator: str, decimal: str) -> float:
    """Return how well a way reads lines: the share of numbers in rows that are as long as most."""
    try:
        rows = list(cells_of(lines, separator))
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    usual, count = Counter(map(len, rows)).most_common(1)[0]
    body = [row for row in rows[1:] if len(row) == usual] or rows
    cells = [cell for row in body for cell in row]
    if separator == decimal:  # 1,054 is rather a thousand there
        cells = ["" if _GROUPED.fullmatch(cell) else cell for cell in cells]
    numbers = sum(is_number(cell, decimal) for cell in cells if decimal == "." or "." not in cell)
    whole = usual > 1 and len(rows[0]) == usual
    return (numbers / max(len(cells), 1) + whole) * count / len(rows)
