# SPDX-License-Identifier: Apache-2.0
"""Where the layers of a model stand in a drawing: those that follow below, branches side by side.

Rows by the longest way and an order in each row with few crossings as by Sugiyama, Tagawa and Toda (1981),
straight columns as by Brandes and Koepf (2001). A line that passes a row has a place of its own there.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise, product

_SWEEPS = 8
_LINE = 0.2
_GAP = 0.12


@dataclass(frozen=True)
class Spot:
    """The middle of a layer, in widths of a layer from the left, and its row from the top."""

    x: float
    row: int


@dataclass(frozen=True)
class Wire:
    """A line from one layer to a later one; spots are where it passes the rows between."""

    start: int
    end: int
    spots: tuple[Spot, ...]


@dataclass(frozen=True)
class Layout:
    """spots are those of the layers in their order; width is in widths of a layer."""

    spots: tuple[Spot, ...]
    wires: tuple[Wire, ...]
    width: float
    rows: int


def lay_out(after: Sequence[Sequence[int]]) -> Layout:
    """Return places for layers; after has for each the earlier ones that it needs, by their numbers."""
    drawing = _Drawing(after)
    drawing.order()
    drawing.place()
    return drawing.layout()


class _Drawing:
    """Layers, and behind them in the numbering a point for each row that lines of a layer pass."""

    def __init__(self, after: Sequence[Sequence[int]]) -> None:
        self.count = len(after)
        self.row: list[int] = []
        for needed in after:
            self.row.append(1 + max((self.row[i] for i in needed), default=-1))
        self.rows: list[list[int]] = [[] for _ in range(1 + max(self.row, default=-1))]
        self.up: list[list[int]] = [[] for _ in after]
        self.down: list[list[int]] = [[] for _ in after]
        for each, row in enumerate(self.row):
            self.rows[row].append(each)
        self._points: dict[tuple[int, int], int] = {}
        self.wires = [
            (start, end, self._joined(start, end))
            for end, needed in enumerate(after)
            for start in dict.fromkeys(needed)
        ]
        self.x = [0.0] * len(self.row)

    def _joined(self, start: int, end: int) -> list[int]:
        """Join two layers; return the points between them. Lines from one layer share theirs."""
        points = [self._point(start, row) for row in range(self.row[start] + 1, self.row[end])]
        for above, below in pairwise([start, *points, end]):
            if above not in self.up[below]:
                self.up[below].append(above)
                self.down[above].append(below)
        return points

    def _point(self, start: int, row: int) -> int:
        if (start, row) not in self._points:
            self._points[start, row] = len(self.row)
            self.rows[row].append(len(self.row))
            self.row.append(row)
            self.up.append([])
            self.down.append([])
        return self._points[start, row]

    def order(self) -> None:
        """Sort each row by the middle of what stands above, then below, and keep what crosses least."""
        best, least = [list(row) for row in self.rows], self._crossings()
        for sweep in range(_SWEEPS):
            if least == 0:
                break
            is_down = sweep % 2 == 0
            for row, beside in pairwise(self.rows if is_down else self.rows[::-1]):
                place = {each: i for i, each in enumerate(row)}
                near = self.up if is_down else self.down
                middle = {each: _mean([place[o] for o in near[each]]) for each in beside}
                beside.sort(key=middle.__getitem__)
            found = self._crossings()
            if found < least:
                best, least = [list(row) for row in self.rows], found
        self.rows = best

    def _crossings(self) -> int:
        total = 0
        for above, below in pairwise(self.rows):
            place = {each: i for i, each in enumerate(below)}
            seen: list[int] = []
            for each in above:
                ends = [place[o] for o in self.down[each]]
                total += sum(len(seen) - bisect_right(seen, end) for end in ends)
                for end in ends:
                    insort(seen, end)
        return total

    def place(self) -> None:
        """Give each the middle of where columns from four corners have it."""
        found = [self._by_columns(*corner) for corner in product((False, True), repeat=2)]
        for xs, is_right in zip(found, (False, True, False, True), strict=True):
            edge = (max(xs, default=0.0) - max(found[0], default=0.0)) if is_right else min(xs, default=0.0)
            xs[:] = [x - edge for x in xs]
        self.x = [sum(sorted(each)[1:3]) / 2 for each in zip(*found, strict=True)]

    def _by_columns(self, is_up: bool, is_right: bool) -> list[float]:
        """Return a place for each, so far to one side as the others let it; what is a column has one."""
        rows = self.rows[::-1] if is_up else self.rows
        rows = [row[::-1] for row in rows] if is_right else rows
        column = self._columns(rows, self.down if is_up else self.up)
        beside: dict[int, list[tuple[int, float]]] = {each: [] for each in column}
        for row in rows:
            for left, right in pairwise(row):
                apart = (self._width(left) + self._width(right)) / 2 + _GAP
                beside[column[right]].append((column[left], apart))
        found: dict[int, float] = {}
        for each in TopologicalSorter({k: [o for o, _ in v] for k, v in beside.items()}).static_order():
            found[each] = max((found[o] + apart for o, apart in beside[each]), default=0.0)
        return [-found[each] if is_right else found[each] for each in column]

    def _columns(self, rows: Sequence[Sequence[int]], near: Sequence[Sequence[int]]) -> list[int]:
        """Return for each the first of its column; columns follow lines and do not cross."""
        column = list(range(len(self.row)))
        for above, row in pairwise(rows):
            place = {each: i for i, each in enumerate(above)}
            last = -1
            for each in row:
                others = sorted(near[each], key=place.__getitem__)
                middle = others[(len(others) - 1) // 2 : len(others) // 2 + 1]
                chosen = next((o for o in middle if place[o] > last), None)
                if chosen is not None:
                    column[each], last = column[chosen], place[chosen]
        return column

    def _width(self, each: int) -> float:
        return _LINE if each >= self.count else 1.0

    def layout(self) -> Layout:
        """Return the places from the left edge on."""
        left = min((x - self._width(i) / 2 for i, x in enumerate(self.x)), default=0.0)
        right = max((x + self._width(i) / 2 for i, x in enumerate(self.x)), default=0.0)
        spots = [Spot(round(x - left, 4), row) for x, row in zip(self.x, self.row, strict=True)]
        wires = tuple(Wire(start, end, tuple(spots[i] for i in points)) for start, end, points in self.wires)
        return Layout(tuple(spots[: self.count]), wires, round(right - left, 4), len(self.rows))


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
