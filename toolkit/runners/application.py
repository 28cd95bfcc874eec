# SPDX-License-Identifier: Apache-2.0
"""The application mode of a firmware, live: what it says, and how bright its LED is meanwhile."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from toolkit.runners.emulator import EmulatorLink
from toolkit.runners.link import Link
from toolkit.runners.pace import Pace
from toolkit.runners.protocol import LineSplitter

_READ_TIMEOUT_S = 0.2
_BAR = 20
SHOWN_S = 0.1
"""Of the board's time: for so long at most a line waits for the next one, and the LED is looked at."""


@dataclass(frozen=True)
class Spoken:
    """A line of the application; led is the LED's brightness (0 to 1) from then on.

    It is the mean up to the next line, or over SHOWN_S of the board's time; None where the LED cannot be
    seen: on a real board, in a host build.
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
    board. Raises DeviceError when the firmware ends; without seconds also when it is busy for longer than the
    emulator's patience.
    """
    if seconds is not None and isinstance(link, EmulatorLink):
        link.patience_s = math.inf  # the board's time is the limit
    pace, listener, never = Pace(link), AppListener(link, on_line), threading.Event()
    try:
        while seconds is None or pace.board_s < seconds:
            listener.hear(link.read(_READ_TIMEOUT_S))
            pace.wait(never)
    finally:
        listener.end()


class AppListener:
    """Calls on_line with each line of an application, once it is known how bright the LED was behind it."""

    def __init__(self, link: Link, on_line: Callable[[Spoken], None]) -> None:
        self._machine = link.machine if isinstance(link, EmulatorLink) else None
        self._on_line, self._splitter = on_line, LineSplitter()
        self._text: str | None = None
        self._since = 0

    def hear(self, data: bytes) -> None:
        """Take what the firmware sent since the last call, "" for nothing."""
        for text in self._splitter.feed(data):
            self.end()
            if not text.startswith("m-"):
                self._text, self._since = text, self._now()
        if self._machine is None or self._now() - self._since > SHOWN_S * self._machine.board.clock.hz:
            self.end()

    def end(self) -> None:
        """Pass on the line that waits, if one does."""
        if self._text is not None:
            text, self._text = self._text, None
            led = None if self._machine is None else self._machine.led.brightness(self._since, self._now())
            self._on_line(Spoken(text, led))

    def _now(self) -> int:
        return 0 if self._machine is None else self._machine.time
