# SPDX-License-Identifier: Apache-2.0
"""Watching the application mode: what the firmware says by itself, and what its LED shows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.protocol import LineSplitter
from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.link import Link
from toolkit.runners.pace import Pace

_READ_S = 0.2


@dataclass(frozen=True)
class Spoken:
    """A line of the application; led is the LED's brightness since the line before, 0 to 1.

    led is None where the runner cannot see the LED.
    """

    text: str
    led: float | None

    def with_led(self) -> str:
        """Return the text with a bar of the LED's brightness behind it."""
        share = self.led or 0.0
        return f"{self.text:<24}LED {100 * share:3.0f} % {'#' * round(20 * share)}".rstrip()


def watch_application(
    link: Link,
    on_line: Callable[[Spoken], None],
    *,
    seconds: float | None = None,
    ended: threading.Event | None = None,
) -> None:
    """Call on_line with every line, for seconds of the board's time or until ended is set.

    Lines of the protocol, which start with m-, are left out. The emulator runs no faster than its
    board. Raises DeviceError if the firmware ends or faults.
    """
    stop = ended or threading.Event()
    pace, splitter, since = Pace(link), LineSplitter(), 0
    while not stop.is_set() and (seconds is None or pace.board_s < seconds):
        for text in splitter.feed(link.read(_READ_S)):
            led, since = _led(link, since)
            if not text.startswith("m-"):
                on_line(Spoken(text, led))
        pace.wait(stop)


def _led(link: Link, since: int) -> tuple[float | None, int]:
    machine = link.machine if isinstance(link, EmulatorLink) else None
    if machine is None:
        return None, 0
    return machine.led.brightness(since, machine.instructions), machine.instructions
