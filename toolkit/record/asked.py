# SPDX-License-Identifier: Apache-2.0
"""What is asked of a recording, and what stands for what nobody asked: sensors, rate and range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from toolkit.errors import InputError, UsageError
from toolkit.record.files import SOUND
from toolkit.targets.board import board_names, load_board
from toolkit.targets.senses import USUAL_RANGES

_SOUND_HZ, _ROWS_HZ = 16_000, 100
_USUAL = "accel"
_MOST_RANGE = 1_000_000


@dataclass(frozen=True)
class Asked:
    """What a person asked for: rate_hz None, and sensors without a range in ranges, are left to us."""

    sensors: tuple[str, ...]
    rate_hz: int | None = None
    ranges: Mapping[str, int] = field(default_factory=dict)

    @property
    def hertz(self) -> int:
        """Rows a second."""
        return self.rate_hz or (_SOUND_HZ if SOUND in self.sensors else _ROWS_HZ)

    @property
    def every_range(self) -> dict[str, int]:
        """The range of each sensor, in its unit; 0 is its lowest."""
        return {name: self.ranges.get(name, USUAL_RANGES.get(name, 0)) for name in self.sensors}


def choose_sensors(there: Sequence[str], wanted: Sequence[str], board: str, *, is_sound: bool) -> list[str]:
    """Return the wanted sensors of those that are there, or what is usual: the only one, if there is one.

    Raises InputError for one that is not there, or for two of a known board that share a converter,
    UsageError for one that is named twice.
    """
    usual = SOUND if is_sound else _USUAL
    if not there:
        raise InputError(f"{board} has no sensors that the toolkit reads.", hint="See: docs/sensors.md")
    chosen = list(wanted) or [there[0] if len(there) == 1 else usual]
    twice = next((name for place, name in enumerate(chosen) if name in chosen[:place]), None)
    if twice is not None:
        raise UsageError(f"--sensor {twice} is named twice.", hint="Try: each sensor once")
    for name in chosen:
        if name not in there:
            raise InputError(
                f"{board} has no sensor {name!r}; it has {', '.join(there)}.",
                hint=f"Try: --sensor {there[0]}; or another board: tinyml boards",
            )
    _require_apart(chosen, board)
    return chosen


def _require_apart(chosen: Sequence[str], board: str) -> None:
    known = load_board(board) if board in board_names() else None
    if (
        known is None
        or known.analog is None
        or known.microphone is None
        or not {SOUND, "analog"} <= {*chosen}
    ):
        return
    if known.analog.base == known.microphone.base:
        raise InputError(
            f"{board}: {SOUND} and analog are on one converter, {known.analog.instance}: one at a time.",
            hint="Try: one --sensor",
        )


def ranges_of(texts: Iterable[str], sensors: Sequence[str]) -> dict[str, int]:
    """Return ranges by the sensors' names, of texts N, which is for all of them, and NAME=N.

    Raises UsageError for a text that is neither.
    """
    found: dict[str, int] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        if not (number.isascii() and number.isdigit()) or int(number) > _MOST_RANGE:
            raise UsageError(f"--range {text}: this is no range.", hint="Try: --range 4, or --range accel=4")
        if equals and name not in sensors:
            raise UsageError(f"--range {text}: {name!r} is not recorded.", hint=f"Try: --sensor {name}")
        found.update(dict.fromkeys([name] if equals else sensors, int(number)))
    return found
