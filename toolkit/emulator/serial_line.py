# SPDX-License-Identifier: Apache-2.0
"""The emulated serial line: frames both ways at their time, and when the firmware waits for input."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from toolkit.emulator.events import Event, Events

IDLE_POLLS = 256
"""The firmware waits for input when it asked that often, got nothing and sent nothing."""

_TAIL_BYTES = 512
_BAUD_TOLERANCE = 0.03
_FRAME_BITS = 10
"""8N1: a start bit, eight of data, a stop bit."""


class Frame(NamedTuple):
    """What a frame on the wire brings: a byte, and what is wrong with it.

    framing: no stop bit. is_break: the line was low for the whole frame. noise: a bit was unsteady.
    """

    byte: int
    framing: bool = False
    noise: bool = False
    is_break: bool = False


class SerialLine:
    """The wire between a UART's model and whoever talks to the firmware.

    To a model that connects itself a frame comes every ten bits of the line, whether it is read or not,
    from the first time on that the model listens. For other models input waits until they take() it.
    With burst_bytes whoever talks to the firmware is as fast as the receiver: as soon as the firmware waits
    for input, so many frames come one after the other, each when there is room for it. Less than the
    firmware keeps unread, so that nothing is lost by it; models that do not say when there is room, and all
    that comes while the firmware is busy, keep the line's time.
    on_idle is called when the firmware does nothing but ask; on_wait(time) if it asks while something is
    on the wire, which has left by then, None if that is not known; on_output after each line end.
    more_comes says whether another line of the board will bring something by itself.
    """

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self.received: deque[int] = deque()
        self.sent = bytearray()
        self.on_idle: Callable[[], None] = lambda: None
        self.on_wait: Callable[[int | None], None] = lambda _until: None
        self.on_output: Callable[[], None] = lambda: None
        self.more_comes: Callable[[], bool] = lambda: False
        self.sent_bytes = 0
        self.frame_cycles = 0.0
        self._tail = bytearray()
        self._polls = 0
        self._is_counted = False
        self._receive: Callable[[Frame], None] | None = None
        self._is_heard = False
        self._coming: deque[Frame] = deque()
        self._arrival: Event | None = None
        self._free_at = 0.0
        self.burst_bytes = 0
        self._burst = 0
        self._is_ready: Callable[[], bool] | None = None
        self._leaving: deque[tuple[int, bytes]] = deque()

    def connect(
        self,
        events: Events,
        now: Callable[[], int],
        clock_hz: int,
        receive: Callable[[Frame], None],
        is_ready: Callable[[], bool] | None = None,
    ) -> None:
        """Give frames to receive at their time, in cycles of a core at clock_hz.

        is_ready says whether the next one would find its place; who changes that calls ready().
        """
        self._events, self._now, self._receive, self._is_ready = events, now, receive, is_ready
        self.frame_cycles = _FRAME_BITS * clock_hz / self.baud

    def offer(self, data: bytes) -> None:
        """Put bytes on the wire to the firmware."""
        self._offer([Frame(byte) for byte in data])

    def offer_bad(self, byte: int, *, framing: bool = True, noise: bool = False) -> None:
        """Put a byte on the wire whose frame has an error."""
        self._offer([Frame(byte, framing=framing, noise=noise)])

    def offer_break(self) -> None:
        """Put a break on the wire, as long as a frame."""
        self._offer([Frame(0, framing=True, is_break=True)])

    def _offer(self, frames: list[Frame]) -> None:
        self._polls = 0
        if self._receive is None:
            self.received.extend(frame.byte for frame in frames)
        else:
            self._coming.extend(frames)
            self._plan()

    def listen(self) -> None:
        """The receiver is on: whoever talks to the firmware starts when that is so for the first time."""
        if not self._is_heard:
            self._is_heard = True
            self._plan()

    def _plan(self) -> None:
        if not self._coming or not self._is_heard or self._arrival is not None:
            return
        now = self._now()
        if self._burst and self._is_ready is not None:
            if self._is_ready():
                self._burst -= 1
                self._arrival = self._events.at(now, self._arrive)
            return
        start = self._free_at if now < self._free_at + 1 else now
        self._free_at = start + self.frame_cycles
        self._arrival = self._events.at(math.ceil(self._free_at), self._arrive)

    def ready(self) -> None:
        """The receiver has room again: in a burst the next frame comes at once."""
        if self._burst and self._coming:
            self._plan()

    def _arrive(self) -> None:
        assert self._receive is not None
        self._arrival = None
        self._polls = 0
        self._receive(self._coming.popleft())
        self._plan()

    def take(self, most: int = 1) -> bytes:
        """Return up to most waiting bytes: the firmware looks whether something came."""
        if self.received:
            self._polls = 0
            return bytes(self.received.popleft() for _ in range(min(most, len(self.received))))
        self._is_counted = True
        self._count_poll()
        return b""

    def look(self, found: bool) -> None:
        """The firmware looked for input where its interrupts put it, or by take(), and found some or not."""
        if found:
            self._polls = 0
        elif not self._is_counted and not self.received:
            self._count_poll()
        self._is_counted = False

    def _count_poll(self) -> None:
        self._polls += 1
        if self._leaving:
            self.deliver(self._now())
        if self.burst_bytes and not self._burst and self._coming and self._is_ready is not None:
            self._begin_burst()
            return
        if self._arrival is not None or self._leaving or self.more_comes():
            self._polls = 0
            self.on_wait(self.leaves_at)
        elif self._polls >= IDLE_POLLS:
            self._polls = 0
            self.on_idle()

    def _begin_burst(self) -> None:
        self._burst = self.burst_bytes
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None
        self._plan()

    @property
    def leaves_at(self) -> int | None:
        """When the last byte that the firmware sends leaves the wire, None if none is on it."""
        return self._leaving[-1][0] if self._leaving else None

    def send(self, data: bytes, when: int | None = None) -> None:
        """Take bytes from the firmware; the other side has them at the time when, or at once."""
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        self.sent_bytes += len(data)
        self._polls = 0
        if when is None:
            self._hand_over(data)
            return
        self._leaving.append((when, data))
        if b"\n" in data:
            self._events.at(when, lambda: self.deliver(when))

    def deliver(self, now: float = math.inf) -> None:
        """Hand over what has left the wire by now."""
        while self._leaving and self._leaving[0][0] <= now:
            self._hand_over(self._leaving.popleft()[1])

    def _hand_over(self, data: bytes) -> None:
        self.sent += data
        if b"\n" in data:
            self.on_output()

    def collect(self) -> bytes:
        """Return everything that was sent since the last call."""
        data = bytes(self.sent)
        self.sent.clear()
        return data

    def tail_line(self) -> str:
        """Return the last line with text in it that the firmware sent."""
        lines = self._tail.decode("ascii", errors="replace").split("\n")
        texts = [line.strip() for line in lines if line.strip()]
        return texts[-1] if texts else ""

    def baud_problem(self, instance: str, measured: float) -> str | None:
        """Return what is wrong with a UART's speed, None if the other side could read it."""
        if abs(measured - self.baud) <= _BAUD_TOLERANCE * self.baud:
            return None
        return f"{instance} is set to {measured:,.0f} baud; the board's line runs at {self.baud:,} baud."
