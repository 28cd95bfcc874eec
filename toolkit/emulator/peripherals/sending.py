# SPDX-License-Identifier: Apache-2.0
"""What the UARTs of all families share: a shift register that takes ten bits' time, and waits for it."""

from __future__ import annotations

import math

from toolkit.emulator.peripherals.peripheral import System

_LOOKS = 4
_ROUNDING = 1e-6


class Waiting:
    """Sees that the firmware only looks whether something is ready, and lets the time go on to it."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._looks = 0

    def look(self, is_ready: bool, until: int | None = None) -> None:
        """The firmware looked; until is when it will be ready, None if an event brings it."""
        self._looks = 0 if is_ready else self._looks + 1
        if self._looks >= _LOOKS:
            self._looks = 0
            self._system.wait(until)


class Transmitter:
    """Bytes on their way out, one frame after the other. Times are those of system.now()."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._ends_at = 0.0

    def send(self, data: bytes) -> None:
        """Send data behind what is still being sent."""
        line = self._system.line
        self._ends_at = max(self._ends_at, self._system.now()) + len(data) * line.frame_cycles
        line.send(data, self.done_at)

    @property
    def done_at(self) -> int:
        """When the last byte has left the wire."""
        return math.ceil(self._ends_at)

    @property
    def waiting(self) -> int:
        """How many bytes wait for the one that is being sent."""
        left = self._ends_at - self._system.now()
        return max(0, math.ceil(left / self._system.line.frame_cycles - _ROUNDING) - 1)

    @property
    def moves_at(self) -> int:
        """When the next of the bytes that wait goes to the wire."""
        return math.ceil(self._ends_at - self.waiting * self._system.line.frame_cycles)
