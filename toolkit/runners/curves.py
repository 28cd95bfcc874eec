# SPDX-License-Identifier: Apache-2.0
"""Numbers in the lines of a board, and their curves as text."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

LAST_POINTS = 200
"""How many of a curve's last numbers are drawn: as many as a terminal has columns, or a few more."""
MOST_CURVES = 12
"""Colours repeat beyond it, and a line of text with many numbers would fill the memory."""
_LARGEST = 3.4028235e38
"""A float's: what is larger no axis of a plot holds, and no sensor says."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_READING = re.compile(rf"(?:([^\W\d][\w./\[\]-]*)\s*[:=]\s*)?({_NUMBER})(?=[\s,;]|$)")
_BETWEEN = re.compile(r"[\s,;]*")


def read_numbers(line: str) -> dict[str, float]:
    """Return the numbers of a line by name, in their order; nothing if it holds anything else, or one
    that is larger than a float.

    Numbers are parted by spaces, tabs, commas or semicolons. A name stands before its number with
    ":" or "="; a number without one is called by its place in the line, from "1" on. These are the
    lines that the serial plotter of Arduino's IDE takes.
    """
    numbers: dict[str, float] = {}
    at = _end(_BETWEEN, line, 0)
    while at < len(line):
        reading = _READING.match(line, at)
        if reading is None or abs(float(reading[2])) > _LARGEST:
            return {}
        numbers[reading[1] or str(len(numbers) + 1)] = float(reading[2])
        at = _end(_BETWEEN, line, reading.end())
    return numbers


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    found = pattern.match(line, at)
    return found.end() if found else at


@dataclass
class Curves:
    """The last numbers of each name, in the order in which the names came."""

    points: dict[str, deque[float]] = field(default_factory=dict)

    def add(self, numbers: dict[str, float]) -> None:
        """Take one line's numbers; names beyond MOST_CURVES are left out."""
        for name, value in numbers.items():
            if name in self.points or len(self.points) < MOST_CURVES:
                self.points.setdefault(name, deque(maxlen=LAST_POINTS)).append(value)

    def drawn(self, width: int, height: int) -> str:
        """Return the curves as lines of text with a terminal's colours, width by height characters."""
        import plotext

        plotext.clear_figure()
        plotext.theme("clear")
        plotext.plotsize(width, height)
        plotext.xlabel(f"the last {max(map(len, self.points.values()), default=0)} lines")
        for name, values in self.points.items():
            plotext.plot(list(values), label=f"{name} {values[-1]:g}", marker="braille")
        return str(plotext.build())
