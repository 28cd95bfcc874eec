# SPDX-License-Identifier: Apache-2.0
"""What happens at which time of the board, whatever slices it is run in."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class Event:
    """A call at a time in core cycles since reset; of two at one time, the first that was asked for."""

    when: int
    order: int
    call: Callable[[], None] = field(compare=False)
    is_cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Let it never happen."""
        self.is_cancelled = True


class Events:
    """Calls that wait for their time. on_earlier hears of a new one that comes before all others.

    now is the time of the call that is being made, None between them.
    """

    def __init__(self) -> None:
        self._queue: list[Event] = []
        self._order = 0
        self.now: int | None = None
        self.on_earlier: Callable[[int], None] = lambda _when: None

    def at(self, when: int, call: Callable[[], None]) -> Event:
        """Have call made once the board's time is when."""
        event = Event(when, self._order, call)
        self._order += 1
        heapq.heappush(self._queue, event)
        if self._queue[0] is event:
            self.on_earlier(when)
        return event

    @property
    def next_at(self) -> int | None:
        """The time of the next event, None if none is waiting."""
        while self._queue and self._queue[0].is_cancelled:
            heapq.heappop(self._queue)
        return self._queue[0].when if self._queue else None

    def run_until(self, now: int) -> None:
        """Make all calls that are due by now, those included that they ask for."""
        while (when := self.next_at) is not None and when <= now:
            self.now = when
            try:
                heapq.heappop(self._queue).call()
            finally:
                self.now = None
