# SPDX-License-Identifier: Apache-2.0
"""The emulator as a link: deterministic, as nothing depends on the computer's clock."""

from __future__ import annotations

import time
from pathlib import Path

from toolkit.emulator.led import LedChange
from toolkit.emulator.machine import Machine, Stop
from toolkit.errors import DeviceError
from toolkit.targets.board import Board

_LEAST_TIMEOUT_S = 30.0
_SLICE = 200_000_000
_MOST_INSTRUCTIONS = 100_000_000_000


class EmulatorLink:
    """A board in software. read() runs it until it says a line or waits for input."""

    def __init__(self, elf: Path, board: Board, *, native_counter: bool | None = None) -> None:
        self.machine: Machine | None = Machine(elf, board, native_counter=native_counter)

    def write(self, data: bytes) -> None:
        """Offer bytes; the firmware takes them when it looks."""
        self._running().line.offer(data)

    def read(self, timeout_s: float) -> bytes:
        """Run until a line is there, and return it; b"" once the firmware only waits for input.

        After a fault it runs on to the end of the firmware's report, which the error then holds.
        Raises EmulationError with pc and symbol if the firmware is busy for timeout_s seconds, or
        for 30 where that is less: a slow computer must not change what is read.
        """
        machine = self._running()
        deadline = time.monotonic() + max(timeout_s, _LEAST_TIMEOUT_S)
        end = machine.instructions + _MOST_INSTRUCTIONS
        while machine.instructions < end:
            stop = machine.run(_SLICE, max(deadline - time.monotonic(), 0.01))
            data = machine.line.collect()
            if machine.fault is None and (data or stop is Stop.IDLE):
                return data
        return b""

    def close(self) -> None:
        """Drop the machine and its memory."""
        self.machine = None

    def led_changes(self) -> tuple[LedChange, ...]:
        """Return every change of the LED since reset."""
        return tuple(self._running().led.changes)

    def _running(self) -> Machine:
        if self.machine is None:
            raise DeviceError("the emulator is closed.")
        return self.machine
