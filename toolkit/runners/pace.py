# SPDX-License-Identifier: Apache-2.0
"""The emulator in step with the clock on the wall, and what time it is on the board."""

from __future__ import annotations

import threading
import time

from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.link import Link


class Pace:
    """Keeps the emulator from running ahead of the board's clock; other links keep their own time."""

    def __init__(self, link: Link) -> None:
        self._machine = link.machine if isinstance(link, EmulatorLink) else None
        self._start = time.monotonic()
        self._first = self._now()

    @property
    def board_s(self) -> float:
        """The seconds that have passed for the firmware: by modelled cycles, else an instruction is one."""
        if self._machine is None:
            return time.monotonic() - self._start
        return (self._now() - self._first) / self._machine.board.clock.hz

    def _now(self) -> int:
        machine = self._machine
        if machine is None:
            return 0
        return machine.time + (machine.cycles - machine.instructions if machine.counts_cycles else 0)

    def wait(self, ended: threading.Event) -> None:
        """Sleep until the clock on the wall has caught up with the board's."""
        ahead = self.board_s - (time.monotonic() - self._start)
        if self._machine is not None and ahead > 0:
            ended.wait(min(ahead, 1.0))
