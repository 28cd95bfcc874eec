# SPDX-License-Identifier: Apache-2.0
"""The emulated serial line: bytes both ways, and the moment when the firmware has nothing to do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

IDLE_POLLS = 256
"""The firmware waits for input when it asked that often, got nothing and sent nothing."""

_TAIL_BYTES = 512
_BAUD_TOLERANCE = 0.03


class SerialLine:
    """The wire between a UART's model and whoever talks to the firmware.

    Input waits here until the firmware asks for it, so none is lost whatever the speed.
    on_idle is called when the firmware does nothing but ask; on_output after each line end.
    """

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self.received: deque[int] = deque()
        self.sent = bytearray()
        self.on_idle: Callable[[], None] = lambda: None
        self.on_output: Callable[[], None] = lambda: None
        self.sent_bytes = 0
        self._tail = bytearray()
        self._polls = 0
        self._is_counted = False

    def offer(self, data: bytes) -> None:
        """Put bytes on the wire to the firmware."""
        self.received.extend(data)
        self._polls = 0

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
        if self._polls >= IDLE_POLLS:
            self._polls = 0
            self.on_idle()

    def send(self, data: bytes) -> None:
        """Take bytes from the firmware."""
        self.sent += data
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        self.sent_bytes += len(data)
        self._polls = 0
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
