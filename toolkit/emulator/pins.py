# SPDX-License-Identifier: Apache-2.0
"""What is on the board's pins from outside: levels, such as that of its button."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from toolkit.emulator.events import Events
from toolkit.emulator.feed import Feed
from toolkit.errors import InputError
from toolkit.targets.board import Board

BUTTON = "button"
"""The name that presses of the board's button are fed by."""
_MOST_LOOKS = 10_000_000


def fed_names(board: Board) -> list[str]:
    """Return the names of what can be fed to a board: its sensors, and its button."""
    return [*(sensor.name for sensor in board.sensors), *([BUTTON] if board.button else [])]


class Pins:
    """Levels of pins, by their numbers in tm_port_pins.h: 32 * port + pin.

    What nothing drives and nothing pulls keeps the level that it had, low at first.
    """

    def __init__(self) -> None:
        self._driven: dict[int, bool] = {}
        self._last: dict[int, bool] = {}

    def drive(self, pin: int, level: bool | None) -> None:
        """Have a pin driven to a level from outside; None lets it go."""
        if level is None:
            self._driven.pop(pin, None)
        else:
            self._driven[pin] = level

    def level(self, pin: int, pull: bool | None) -> bool:
        """Return what an input reads that pulls to a level, or does not pull."""
        level = self._driven.get(pin, self._last.get(pin, False) if pull is None else pull)
        self._last[pin] = level
        return level


def plan_presses(board: Board, feed: Feed | None, pins: Pins, events: Events) -> None:
    """Have the board's button pressed whenever the feed (n, 1) is not 0; without a feed it never is.

    Raises InputError for a feed without a rate.
    """
    button = board.button
    if button is None:
        return
    released: bool | None = button.active_low if button.has_resistor else None
    pins.drive(button.number, released)
    if feed is None:
        return
    if feed.rate_hz is None:
        raise InputError(
            "what is fed to the button needs a time.",
            hint="Try: --press 0.5,1.2-2; or --feed-rate button=100",
        )
    pressed = feed.take_all(_MOST_LOOKS, feed.rate_hz)[:, 0] != 0
    changes = np.flatnonzero(np.diff(pressed.astype(np.int8), prepend=0))
    for place in changes.tolist():
        level = not button.active_low if pressed[place] else released
        when = int(Fraction(place) / feed.rate_hz * board.clock.hz)
        events.at(when, _driver(pins, button.number, level))


def _driver(pins: Pins, pin: int, level: bool | None) -> Callable[[], None]:
    return lambda: pins.drive(pin, level)


def presses(text: str) -> Feed:
    """Return the feed of presses as --press gives them: "0.5,1.2-2", in seconds; 0.1 s where no end is said.

    Raises InputError for a text that is none, and for more than an hour.
    """
    rate, held_s, most_s = 1000, 0.1, 3600.0
    spans = []
    for part in text.split(","):
        start_text, dash, end_text = part.partition("-")
        try:
            start = float(start_text)
            end = float(end_text) if dash else start + held_s
        except ValueError:
            start, end = 0.0, -1.0
        if not 0 <= start < end <= most_s:
            raise InputError(
                f"--press {text}: {part!r} is no press, in seconds of the first hour.",
                hint="Try: --press 0.5,1.2-2",
            )
        spans.append((round(start * rate), round(end * rate)))
    rows = np.zeros((max(end for _, end in spans) + 1, 1))
    for start, end in spans:
        rows[start:end] = 1
    return Feed(rows, Fraction(rate))
