# SPDX-License-Identifier: Apache-2.0
"""The application mode of a firmware, live: what it says, and how bright its LED is meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.link import Link
from toolkit.runners.pace import Pace
from toolkit.runners.protocol import LineSplitter

_READ_TIMEOUT_S = 0.2
_BAR = 20


@dataclass(frozen=True)
class Spoken:
    """A line of the application; led is the LED's brightness (0 to 1) since the line before.

    led is None where the LED cannot be seen: on a real board, in a host build.
    """

    text: str
    led: float | None = None

    def with_led(self) -> str:
        """Return the line with the brightness as a bar behind it."""
        share = self.led or 0.0
        return f"{self.text:<24} [{'#' * round(share * _BAR):<{_BAR}}] {share:4.0%}"


def watch_application(link: Link, on_line: Callable[[Spoken], None], *, seconds: float | None = None) -> None:
    """Call on_line with each line that the firmware says by itself, for seconds of the board's time.

    Lines of the protocol, which start with m-, are left out. The emulator runs no faster than its
    board. Raises DeviceError when the firmware ends.
    """
    pace, splitter, brightness = Pace(link), LineSplitter(), Brightness(link)
    never = threading.Event()
    while seconds is None or pace.board_s < seconds:
        for text in splitter.feed(link.read(_READ_TIMEOUT_S)):
            led = brightness.since_last()
            if not text.startswith("m-"):
                on_line(Spoken(text, led))
        pace.wait(never)


class Brightness:
    """How bright the LED of an emulated firmware was from one call to the next."""

    def __init__(self, link: Link) -> None:
        self._machine = link.machine if isinstance(link, EmulatorLink) else None
        self._last = 0

    def since_last(self) -> float | None:
        """Return the LED's brightness since the last call; None where it cannot be seen."""
        if self._machine is None:
            return None
        start, self._last = self._last, self._machine.instructions
        return self._machine.led.brightness(start, self._last)
