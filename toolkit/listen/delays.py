# SPDX-License-Identifier: Apache-2.0
"""How long after a word its LED lights, and when it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.listen.events import Event
from toolkit.listen.score import Detection

_DITHER_S = 0.01
_AT_ONCE_S = 1.0
"""An application that lights its LED for a detection does so by then."""


@dataclass(frozen=True)
class Delay:
    """Seconds from the end of an event to the light: below 0, it was lit before the end."""

    label: str
    end: float
    seconds: float


@dataclass(frozen=True)
class Light:
    """The LED was lit from start to end, in seconds; end is None where it was lit until the end."""

    file: str
    start: float
    end: float | None


def lights(file: str, lit: Sequence[tuple[float, float]]) -> tuple[Light, ...]:
    """Return when the LED was lit; lit is (time, share that is lit). A dithered LED is lit all the time."""
    found: list[Light] = []
    for at, share in lit:
        open_ = found[-1] if found and found[-1].end is None else None
        if share > 0 and open_ is None:
            if found and found[-1].end is not None and at - found[-1].end < _DITHER_S:
                found[-1] = Light(file, found[-1].start, None)
            else:
                found.append(Light(file, at, None))
        elif share == 0 and open_ is not None:
            found[-1] = Light(file, open_.start, at)
    return tuple(found)


def light_words(found: Sequence[Light]) -> str:
    """Return what a person reads of lights, at least one."""
    spans = sorted(each.end - each.start for each in found if each.end is not None)
    times = f"{len(found)} time{'' if len(found) == 1 else 's'}"
    if not spans:
        return f"the LED was lit {times}, and did not go out"
    still = "" if len(spans) == len(found) else ", and is lit at the end"
    return f"the LED was lit {times}, from {spans[0]:.2f} to {spans[-1]:.2f} s until it went out{still}"


def delays(
    detections: Sequence[Detection], events: Sequence[Event], lit: Sequence[tuple[float, float]]
) -> tuple[Delay, ...]:
    """Return the delay of each event whose first detection lights a LED; lit is (time, share that is lit).

    Where the LED was still lit for what came before, there is none.
    """
    rises = _rises(lit)
    found = []
    for event in events:
        first = next((d.at for d in detections if d.label == event.label and d.at > event.start), None)
        lights = [at for at in rises if first is not None and first <= at <= first + _AT_ONCE_S]
        following = min((e.start for e in events if e.start > event.start), default=None)
        if lights and first is not None and (following is None or first <= following):
            found.append(Delay(event.label, event.end, round(lights[0] - event.end, 6)))
    return tuple(found)


def _rises(lit: Sequence[tuple[float, float]]) -> list[float]:
    before = [0.0, *(share for _, share in lit)]
    return [at for (at, share), last in zip(lit, before, strict=False) if share > last]


def delay_words(seconds: Sequence[float], what: str) -> str:
    """Return what a person reads of delays, at least one; what is a word for one event."""
    rising = sorted(seconds)
    middle, first, last = map(_after, (rising[len(rising) // 2], rising[0], rising[-1]))
    plural = "" if len(rising) == 1 else "s"
    return (
        f"the LED lights {middle} the end of a{'n' if what[0] in 'aeiou' else ''} {what} in the middle, "
        f"from {first} to {last} it ({len(rising)} {what}{plural})"
    )


def _after(seconds: float) -> str:
    return f"{abs(seconds) * 1000:.0f} ms {'before' if seconds < 0 else 'after'}"
