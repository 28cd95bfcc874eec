# SPDX-License-Identifier: Apache-2.0
"""One confusion matrix for both models: int8's counts, and where float32's differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MOST_PAIRS = 3
Counts = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Cell:
    """How often a true class was named so; shade is 0 to 1.

    change is int8's count less float32's, "" for none; better says whether that is for the better.
    tone is "right" or "wrong".
    """

    count: int
    shade: str
    tone: str
    change: str
    better: bool
    spoken: str


@dataclass(frozen=True)
class Confusion:
    """Rows of cells, a true class each, and sentences on what is mixed up and what int8 changes."""

    classes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    mixed: str
    changes: str


def confusion_of(integer: Counts, real: Counts, classes: Sequence[str]) -> Confusion:
    """Return the matrix of counts (true class, named class) of the int8 model and of the float32 one."""
    rows = []
    for y, name in enumerate(classes):
        total = max(sum(integer[y]), 1)
        cells = (_cell(y, x, integer, real, classes, total) for x in range(len(classes)))
        rows.append((name, tuple(cells)))
    return Confusion(tuple(classes), tuple(rows), _mixed(integer, classes), _changes(integer, real))


def _cell(y: int, x: int, integer: Counts, real: Counts, classes: Sequence[str], total: int) -> Cell:
    count, change = integer[y][x], integer[y][x] - real[y][x]
    spoken = f"{classes[y]}, named {classes[x]}: {count}"
    if change:
        spoken += f", float32 {real[y][x]}"
    shade = count / total if x == y else math.sqrt(count / total)
    text = f"{change:+d}".replace("-", "\u2212") if change else ""
    return Cell(count, f"{shade:.2f}", "right" if x == y else "wrong", text, (change > 0) == (x == y), spoken)


def _mixed(counts: Counts, classes: Sequence[str]) -> str:
    """Name the pairs that are mixed up most often, "" if none is."""
    pairs = [(row[x], y, x) for y, row in enumerate(counts) for x in range(len(classes)) if x != y and row[x]]
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    named = [
        f"{classes[y]} taken for {classes[x]} ({count} of {sum(counts[y])})"
        for count, y, x in pairs[:_MOST_PAIRS]
    ]
    return f"Most often: {', '.join(named)}." if named else "Every test sample is named rightly."


def _changes(integer: Counts, real: Counts) -> str:
    right = [sum(counts[i][i] for i in range(len(counts))) for counts in (integer, real)]
    if all(list(a) == list(b) for a, b in zip(integer, real, strict=True)):
        return "int8 and float32 count the same in every cell."
    return f"Small numbers: int8's count less float32's. int8 is right {right[0]} times, float32 {right[1]}."
