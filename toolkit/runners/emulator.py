# SPDX-License-Identifier: Apache-2.0
"""The emulator as a link: deterministic, as nothing depends on the computer's clock."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.emulator.led import LedChange
from toolkit.emulator.screen import png_of_screen
from toolkit.errors import DeviceError, ToolMissingError
from toolkit.extras import load_extra
from toolkit.targets.board import Board
from toolkit.timing.model import Counts

if TYPE_CHECKING:
    from toolkit.emulator.feed import Feed
    from toolkit.emulator.machine import Machine

_LEAST_PATIENCE_S = 30.0
_SLICE = 5_000_000
_BURST_BYTES = 256
"""A quarter of what a port keeps unread; at the line's own rate each byte would cost this computer 0.1 ms."""
_MOST_INSTRUCTIONS = 100_000_000_000


def require_unicorn() -> None:
    """Raise ToolMissingError with what to do if unicorn, the emulator's CPU, is not installed."""
    try:
        load_extra("unicorn", "emulate")
    except ToolMissingError as error:
        raise ToolMissingError(
            "the emulator needs the package unicorn, which is not installed.",
            hint=f"{error.hint}; or a real board with --port, --runner renode, --board host",
        ) from error


class EmulatorLink:
    """A board in software. read() runs it until it says a line or waits for input.

    Raises ToolMissingError without the package unicorn.
    """

    is_lossless = True
    patience_s = 60.0
    """How long, by the clock on the wall, the firmware may compute without a word; 30 at the least, as a
    slow computer must not change what is read."""

    def __init__(
        self,
        elf: Path,
        board: Board,
        *,
        native_counter: bool | None = None,
        counts: Counts = "instructions",
        feeds: Mapping[str, Feed] | None = None,
    ) -> None:
        require_unicorn()
        from toolkit.emulator.machine import Machine, Stop

        machine = Machine(elf, board, native_counter=native_counter, counts=counts, feeds=feeds)
        machine.line.burst_bytes = _BURST_BYTES
        self.counts_cycles = machine.counts_cycles
        self.machine: Machine | None = machine
        self._idle = Stop.IDLE
        self._quiet_since: float | None = None

    def write(self, data: bytes) -> None:
        """Offer bytes; the firmware takes them when it looks."""
        self._running().line.offer(data)

    def read(self, timeout_s: float) -> bytes:
        """Run until a line is there, and return it; b"" once the firmware only waits for input, or if it is
        busy for timeout_s.

        After a fault it runs on to the end of the firmware's report, which the error then holds.
        Raises EmulationError with pc and symbol if the firmware is busy for longer than patience_s.
        """
        machine = self._running()
        now = time.monotonic()
        deadline = now + timeout_s
        self._quiet_since = self._quiet_since or now
        end = machine.instructions + _MOST_INSTRUCTIONS
        while machine.instructions < end:
            left_s = self._patience_left_s()
            stop = machine.run(_SLICE) if left_s > 0 else machine.run(_MOST_INSTRUCTIONS, 0.0)
            data = self._heard(machine)
            if machine.fault is None and (data or stop is self._idle):
                self._quiet_since = None
                return data
            if machine.fault is None and time.monotonic() > deadline:
                return b""
        return b""

    def _heard(self, machine: Machine) -> bytes:
        return machine.line.collect()

    def _patience_left_s(self) -> float:
        waited = time.monotonic() - (self._quiet_since or time.monotonic())
        return max(self.patience_s, _LEAST_PATIENCE_S) - waited

    def close(self) -> None:
        """Drop the machine and its memory."""
        self.machine = None

    def screen_png(self) -> bytes:
        """Return what the board's screen shows now, as a PNG file. Raises InputError if it has none."""
        return png_of_screen(self._running().models)

    def led_changes(self) -> tuple[LedChange, ...]:
        """Return every change of the LED since reset."""
        return tuple(self._running().led.changes)

    def _running(self) -> Machine:
        if self.machine is None:
            raise DeviceError("the emulator is closed.")
        return self.machine
