# SPDX-License-Identifier: Apache-2.0
"""The analog input of a board: the voltage on its pin when a sample is taken, and what count that is."""

from __future__ import annotations

import math
from fractions import Fraction

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import System

NAME = "analog"


class AnalogPin:
    """Takes its feed, in mV; without one the pin is at 0 V. It cannot leave 0 V and the supply."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._feed = system.feeds.get(NAME)
        self._last: int | None = None

    def restart(self) -> None:
        """Have the next sample be the first of a series: no row is passed over before it."""
        self._last = None

    def sample(self, full_scale_mv: int, bits: int, when: int | None = None) -> int:
        """Return the count of a sample that is taken now: the nearest, from 0 to 2**bits - 1.

        when is its time, if that was before.
        Raises WrongUseError if the board's file says of no analog input.
        """
        analog = self._system.board.analog
        if analog is None:
            raise WrongUseError(f"the pin is converted, and {self._system.board.name} has no [analog].")
        now = self._system.now() if when is None else when
        elapsed = Fraction(0 if self._last is None else now - self._last, self._system.board.clock.hz)
        self._last = now
        volts = 0.0 if self._feed is None else float(self._feed.take_after(elapsed)[0])
        counts = math.floor(min(max(volts, 0.0), analog.supply_mv) * (1 << bits) / full_scale_mv + 0.5)
        return min(counts, (1 << bits) - 1)
