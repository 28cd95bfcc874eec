# SPDX-License-Identifier: Apache-2.0
"""Recordings heard by a firmware's own application through the emulated board's microphone or sensors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from toolkit.decision.track import decide_all
from toolkit.emulator.sensors.microphone import NAME as MICROPHONE
from toolkit.errors import DeviceError, InputError
from toolkit.listen.delays import Delay, Light, delays, lights
from toolkit.listen.listen import Ears, Heard, by_own_time, ears_of, heard_by
from toolkit.listen.parts import Whole, hear_whole
from toolkit.listen.recording import Recording, read_recording, require_a_window
from toolkit.listen.stretch import Listener, Sensed
from toolkit.pipeline.build import own_code
from toolkit.pipeline.pipeline import Pipeline
from toolkit.runners.emulator import require_unicorn
from toolkit.runners.feeds import feeds_in
from toolkit.targets.board import Board

_INCLUDES = re.compile(rb'^\s*#\s*include\s*["<](tm_sensors|tm_port_pdm|tm_port_mic)\.h[">]', re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What a firmware did over one recording or several: span is their length in seconds.

    busy and asleep are cycles of the core, delays those of the LED, lights when it was lit, sensors those
    that ran; said counts the lines of the application. took_s is how long this computer took, by the
    clock on the wall.
    """

    span: float
    busy: int
    asleep: int
    delays: tuple[Delay, ...]
    lights: tuple[Light, ...]
    said: tuple[tuple[str, int], ...]
    sensors: tuple[str, ...]
    took_s: float

    @property
    def duty(self) -> float:
        """The share of the time in which the core does not sleep."""
        return self.busy / (self.busy + self.asleep)

    @property
    def times_real(self) -> float:
        """How many seconds were heard in one of this computer's."""
        return self.span / self.took_s


def senses(pipeline: Pipeline) -> bool:
    """Return whether the project's firmware has an application of its own that reads a board's sensors."""
    own = own_code(pipeline.context)
    return own is not None and any(_INCLUDES.search(data) for _, data in own.files)


def hear_by_sensors(
    pipeline: Pipeline,
    board: Board,
    files: Sequence[Path],
    labels: Path | None,
    rate: float = 0.0,
    parts: int | None = None,
) -> tuple[Ears, list[Heard], Run]:
    """Return what the application of the firmware detects in recordings, and what the firmware did.

    Each is cut into parts, None: one for each core; what is heard does not depend on it. Raises InputError
    for a recording that feeds none of the board's sensors, DeviceError for an application that does not
    listen or does not decide by the rule of the project.
    """
    require_unicorn()
    firmware, ears = pipeline.build(board), ears_of(pipeline, rate, board)
    recordings = [read_recording(path, ears.takes) for path in files]
    ears, recordings = by_own_time(ears, recordings)
    listener = Listener(
        firmware.elf, firmware.board, ears.compiled.name, ears.output.bytes, ears.output.dtype
    )
    heard, sensed, began = [], [], time.monotonic()
    for recording in recordings:
        require_a_window(recording, ears.feed)
        words: list[str] = []
        whole = _whole(ears, board, recording, words.append)
        recording = replace(recording, notes=(*recording.notes, *words))
        with pipeline.progress(f"listen: {recording.path.name} on {board.name}") as on_progress:
            found = hear_whole(listener, whole, ears.rule, parts, on_progress)
        _require_rule(ears, found, listener)
        sensed.append(_in_real_time(found, recording, ears.rate))
        heard.append(_heard(ears, recording, found, labels))
    return ears, heard, _run(heard, sensed, time.monotonic() - began)


def _in_real_time(sensed: Sensed, recording: Recording, rate: float) -> Sensed:
    """Return what was sensed with the LED's changes where the recording's own time has them."""
    at = recording.real_times(np.array([time for time, _ in sensed.lit]), recording.rate or rate)
    return replace(sensed, lit=tuple(zip(at.tolist(), (share for _, share in sensed.lit), strict=True)))


def _whole(ears: Ears, board: Board, recording: Recording, on_word: Callable[[str], None]) -> Whole:
    """Return a recording as what is fed to the board's sensors."""
    feeds = feeds_in(board, recording.path, on_word)
    wanted = {MICROPHONE} if ears.feed.is_sound else set(feeds) - {MICROPHONE}
    feeds = {name: feed for name, feed in feeds.items() if name in wanted}
    if not feeds:
        has = ", ".join(sensor.name for sensor in board.sensors) or "none"
        raise InputError(
            f"{recording.path.name} feeds none of the sensors of {board.name}, which are: {has}.",
            hint="Try: --board with another board; columns as in docs/sensors.md; or --on line",
        )
    first = next(iter(feeds.values()))
    rate = first.rate_hz or Fraction(ears.rate).limit_denominator(1000)
    if not rate:
        raise InputError(
            f"{recording.path.name}: nothing says how many rows make a second.",
            hint="Try: --rate with the rows a second",
        )
    items_a_second = Fraction(ears.feed.rate) if ears.feed.is_sound else rate
    return Whole(
        feeds=feeds,
        rate_hz=rate,
        rows=len(first),
        hop_s=ears.feed.hop_items / items_a_second,
        first_s=ears.feed.first_items / items_a_second,
        is_sound=ears.feed.is_sound,
    )


def _require_rule(ears: Ears, sensed: Sensed, listener: Listener) -> None:
    """Raise DeviceError unless windows were decided on, as the rule decides that the report is made with."""
    if not len(sensed.found):
        said = f" It says: {sensed.said[-1][1]}" if sensed.said else ""
        raise DeviceError(f"the application on {listener.board.name} decided on no window.{said}")
    wrong = np.flatnonzero(decide_all(ears.rule, sensed.scores, sensed.begins) != sensed.found)
    if len(wrong):
        raise DeviceError(
            f"{listener.name}_decide() gave {sensed.found[wrong[0]]} at {sensed.times[wrong[0]]:.3f} s, not "
            "what the rule of [firmware.decision] gives."
        )


def _heard(ears: Ears, recording: Recording, sensed: Sensed, labels: Path | None) -> Heard:
    places = [None if each < 0 else each for each in sensed.found.tolist()]
    return heard_by(ears, recording, sensed.scores, places, labels, sensed.times, sensed.begins)


def _run(heard: Sequence[Heard], sensed: Sequence[Sensed], took_s: float) -> Run:
    lines: dict[str, int] = {}
    for each in sensed:
        for _, line in each.said:
            lines[line] = lines.get(line, 0) + 1
    return Run(
        span=sum(each.span for each in heard),
        busy=sum(each.busy for each in sensed),
        asleep=sum(each.asleep for each in sensed),
        delays=tuple(
            delay
            for one, board in zip(heard, sensed, strict=True)
            for delay in delays(one.detections, one.events or (), board.lit)
        ),
        lights=tuple(
            light for one, board in zip(heard, sensed, strict=True) for light in lights(one.name, board.lit)
        ),
        said=tuple(lines.items()),
        sensors=tuple(dict.fromkeys(name for each in sensed for name in each.rates_hz)),
        took_s=took_s,
    )
