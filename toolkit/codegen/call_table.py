# SPDX-License-Identifier: Apache-2.0
"""Layers' calls as a table and a loop, where that takes less flash than a call after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

from toolkit.codegen import literals

_NAMES, _NULL = "abcdefgh", "NULL"
_MOST_ROWS, _MOST_PLACE = 255, 65535
# Read off what gcc 12 -Os makes for a Cortex-M4.
_CALL_BYTES, _LOOP_BYTES, _CASE_BYTES = 28, 72, 11
_POINTER_BYTES, _MARK_BYTES, _PLACE_BYTES = 4, 2, 2


@dataclass(frozen=True)
class Place:
    """An argument in the arena: form has {} where its C text goes."""

    offset: int
    form: str

    def text(self, place: str) -> str:
        """Return the argument's C text."""
        return self.form.format(place)


@dataclass(frozen=True)
class Call:
    """One kernel call: its parameters' initializers, and the call itself.

    params is empty where an earlier call has the same ones: home is the symbol of the one that has them, ""
    without any.
    """

    symbol: str
    kernel: str
    params: tuple[str, ...]
    home: str
    arguments: tuple[str | Place, ...]

    @property
    def text(self) -> str:
        """The call as lines of code."""
        arguments = [a.text(f"arena + {a.offset}") if isinstance(a, Place) else a for a in self.arguments]
        return literals.group(f"{self.kernel}(", [*self._params(f"&{self.home}_params"), *arguments], ");")

    @property
    def places(self) -> list[int]:
        """Where in the arena its arguments are."""
        return [a.offset for a in self.arguments if isinstance(a, Place)]

    @property
    def pattern(self) -> str:
        """The call as lines of code with names instead of what a row of the table has."""
        names = iter(_NAMES)
        arguments = [a.text(next(names)) if isinstance(a, Place) else a for a in self.arguments]
        return literals.group(f"{self.kernel}(", [*self._params("params"), *arguments], ");")

    def _params(self, text: str) -> list[str]:
        return [text] if self.home else []


@dataclass(frozen=True)
class Row:
    """A call: which pattern, what for. ends_layer is 1 if it is the last one of its layer, else 0."""

    params: str
    places: str
    call: int
    ends_layer: int
    comment: str


@dataclass(frozen=True)
class CallTable:
    """Rows, and the patterns of calls by their number. Places are in steps of unit bytes of the arena."""

    rows: tuple[Row, ...]
    patterns: tuple[str, ...]
    names: str
    unit: int

    @property
    def has_params(self) -> bool:
        """Whether a row has parameters."""
        return any(row.params != _NULL for row in self.rows)


def call_table(layers: Sequence[tuple[Sequence[Call], str]]) -> CallTable | None:
    """Return the table of the calls of layers, each with its comment; None if it would not be smaller."""
    calls = [call for each, _ in layers for call in each]
    tables = (_table(layers, columns) for columns in range(len(_NAMES) + 1))
    usable = [table for table in tables if table and _bytes_of(table) < _CALL_BYTES * len(calls)]
    return min(usable, key=_bytes_of, default=None)


def _table(layers: Sequence[tuple[Sequence[Call], str]], columns: int) -> CallTable | None:
    """Return the table with so many places in a row: calls with more are patterns of their own."""
    rows = list(_rows(layers, columns))
    unit = gcd(*(place for _, places, *_ in rows for place in places)) or 1
    patterns = list(dict.fromkeys(pattern for *_, pattern, _, _ in rows))
    places = [place // unit for _, places, *_ in rows for place in places]
    if max(len(rows), len(patterns)) > _MOST_ROWS or max(places, default=0) > _MOST_PLACE:
        return None
    made = (
        Row(
            params,
            ", ".join(str(place // unit) for place in (*places, *[0] * (columns - len(places)))),
            patterns.index(pattern),
            ends_layer,
            comment,
        )
        for params, places, pattern, ends_layer, comment in rows
    )
    return CallTable(tuple(made), tuple(patterns), _NAMES[:columns], unit)


def _rows(
    layers: Sequence[tuple[Sequence[Call], str]], columns: int
) -> Iterator[tuple[str, list[int], str, int, str]]:
    """Yield parameters, places, pattern, whether a layer ends and its comment for each call."""
    for calls, comment in layers:
        for number, call in enumerate(calls, 1):
            fits, ends_layer = len(call.places) <= columns, int(number == len(calls))
            params = f"&{call.home}_params" if call.home and fits else _NULL
            places, pattern = (call.places, call.pattern) if fits else ([], call.text)
            yield params, places, pattern.strip(), ends_layer, comment


def _bytes_of(table: CallTable) -> int:
    row = _POINTER_BYTES + _MARK_BYTES + _PLACE_BYTES * len(table.names)
    own = sum("arena + " in pattern for pattern in table.patterns)
    code = _LOOP_BYTES + _CASE_BYTES * len(table.patterns) + (_CALL_BYTES - _CASE_BYTES) * own
    return code + -(-row // _POINTER_BYTES) * _POINTER_BYTES * len(table.rows)
