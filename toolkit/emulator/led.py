# SPDX-License-Identifier: Apache-2.0
"""What the LED does: every change of its level, and its brightness over a stretch of time."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LedChange:
    """From this time on, in cycles, the LED is lit: wholly (1), not (0), or that share of several is."""

    time: int
    lit: float


@dataclass
class Led:
    """The recorder of a board's LED, or of several that show one brightness together; off at first."""

    changes: list[LedChange] = field(default_factory=list)

    @property
    def lit(self) -> float:
        """The share of the LEDs that is lit now."""
        return self.changes[-1].lit if self.changes else 0.0

    def set(self, lit: float, time: int) -> None:
        """Record the share that is lit if it differs from the last."""
        if lit != self.lit:
            self.changes.append(LedChange(time, lit))

    def brightness(self, start: int, end: int) -> float:
        """Return the mean of the share that was lit from one time to another, in cycles."""
        if end <= start:
            return self.lit
        first = bisect.bisect_right(self.changes, start, key=lambda change: change.time)
        total, lit, since = 0.0, self.changes[first - 1].lit if first else 0.0, start
        for change in self.changes[first:]:
            if change.time >= end:
                break
            total += lit * (change.time - since)
            lit, since = change.lit, change.time
        return (total + lit * (end - since)) / (end - start)
