# SPDX-License-Identifier: Apache-2.0
"""What the LED does: every change of its level, and its brightness over a stretch of time."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LedChange:
    """From this instruction on the LED is on or off."""

    instruction: int
    is_on: bool


@dataclass
class Led:
    """The recorder of one LED; lit while the last change says so, off at first."""

    changes: list[LedChange] = field(default_factory=list)

    @property
    def is_on(self) -> bool:
        """Whether the LED is lit now."""
        return bool(self.changes) and self.changes[-1].is_on

    def set(self, is_on: bool, instruction: int) -> None:
        """Record the level if it differs from the last."""
        if is_on != self.is_on:
            self.changes.append(LedChange(instruction, is_on))

    def brightness(self, start: int, end: int) -> float:
        """Return the share of the instructions from start to end in which the LED was on."""
        if end <= start:
            return 1.0 if self.is_on else 0.0
        first = bisect.bisect_right(self.changes, start, key=lambda change: change.instruction)
        lit, is_on, since = 0, first > 0 and self.changes[first - 1].is_on, start
        for change in self.changes[first:]:
            if change.instruction >= end:
                break
            lit += (change.instruction - since) if is_on else 0
            is_on, since = change.is_on, change.instruction
        lit += (end - since) if is_on else 0
        return lit / (end - start)
