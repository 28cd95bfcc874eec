# SPDX-License-Identifier: Apache-2.0
"""What the models of all sensors share: their feeds, and the time of their samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from toolkit.emulator.events import Event
from toolkit.emulator.feed import Feed, Rows
from toolkit.emulator.peripherals.peripheral import System


class Samples:
    """Calls take at a sensor's own rate: the first time one period after start.

    is_settled says whether as many samples have come since the start as the data sheet has discarded.
    """

    def __init__(self, system: System, take: Callable[[], None]) -> None:
        self._system, self._take = system, take
        self._event: Event | None = None
        self._start = self._count = 0
        self._unsettled = 0
        self.rate_hz = Fraction(0)

    @property
    def is_settled(self) -> bool:
        """Whether the sample that is taken now is one to keep."""
        return self._count > self._unsettled + 1

    def start(self, rate_hz: Fraction, unsettled: int = 0) -> None:
        """Begin anew at a rate; 0 stops. The first unsettled samples are not to be kept."""
        if self._event is not None:
            self._event.cancel()
            self._event = None
        self.rate_hz, self._count, self._start = rate_hz, 0, self._system.now()
        self._unsettled = unsettled
        if rate_hz:
            self._plan()

    def _plan(self) -> None:
        self._count += 1
        after = math.ceil(self._count * self._system.board.clock.hz / self.rate_hz)
        self._event = self._system.at(self._start + after, self._sample)

    def _sample(self) -> None:
        self._plan()
        self._take()


class Sensed:
    """What one sensor of a board senses: its feed, or what it is like at rest."""

    def __init__(self, feeds: Mapping[str, Feed], name: str, rest: tuple[float, ...]) -> None:
        self._feed = feeds.get(name)
        self._rest = np.array(rest)

    def take(self, rate_hz: Fraction, deviation: float = 0.0) -> Rows:
        """Return the row of the next sample; deviation is that of the noise where the feed wants some."""
        return self._rest if self._feed is None else self._feed.take(rate_hz, deviation)
