# SPDX-License-Identifier: Apache-2.0
"""A stretch of a recording, heard by a firmware's own application through the emulated board's sensors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.emulator.feed import Feed
from toolkit.errors import DeviceError
from toolkit.runners.protocol import LineSplitter
from toolkit.targets.board import Board

_START_S = 3.0
"""Of the board's time: an application that has not started its sensor by then never will."""
_SLICE_S = 2
_RIGHT_PLACES = 6


@dataclass(frozen=True)
class Listener:
    """A firmware with its own application.

    name is its model's in C, output_bytes and dtype are those of the model's scores.
    """

    elf: Path
    board: Board
    name: str
    output_bytes: int
    dtype: str


@dataclass(frozen=True, eq=False)
class Stretch:
    """What is fed, by the sensors' names, from `start` of the recording on; from first up to end counts.

    All three are in seconds of the recording. What lies before first warms the firmware up: features, the
    model's state, the decision and the application's own.
    """

    listener: Listener
    feeds: Mapping[str, Feed]
    start: Fraction
    first: Fraction
    end: Fraction


@dataclass(frozen=True, eq=False)
class Sensed:
    """What a firmware made of a stretch, by its own decisions; times are seconds of the recording.

    times (n,), scores (n, classes), found (n,): each call of NAME_decide(), what it was given, and the class
    that it returned, -1 for none. begins (n,): whether the decision was started anew before. lit: when the
    LED changed, and the share of it that is lit. said: lines of the application. busy and asleep are cycles
    of the core, rates_hz what the sensors ran at.
    """

    times: NDArray[np.float64]
    scores: NDArray[Any]
    found: NDArray[np.int64]
    begins: NDArray[np.bool_]
    lit: tuple[tuple[float, float], ...]
    said: tuple[tuple[float, str], ...]
    busy: int
    asleep: int
    rates_hz: Mapping[str, Fraction]


@dataclass(eq=False)
class _Calls:
    """What NAME_decide() was given and returned, one call after the other."""

    cycles: list[int] = field(default_factory=list)
    scores: list[bytes] = field(default_factory=list)
    found: list[int] = field(default_factory=list)
    begins: list[bool] = field(default_factory=list)
    is_new: bool = True


class Hearing:
    """A machine that hears a stretch; on_heard hears of each part of it, in seconds."""

    def __init__(self, stretch: Stretch, on_heard: Callable[[float], None] = lambda _: None) -> None:
        from toolkit.emulator.machine import Machine

        self._stretch, listener = stretch, stretch.listener
        self._on_heard = on_heard
        self.machine = Machine(listener.elf, listener.board, feeds=stretch.feeds)
        self._hz = listener.board.clock.hz
        self._calls, self.rates_hz = _Calls(), dict[str, Fraction]()
        self._origin: int | None = None
        self._before: tuple[int, int] | None = None
        self._splitter, self._said = LineSplitter(), list[tuple[float, str]]()
        for name, feed in stretch.feeds.items():
            feed.on_begin = functools.partial(self._begin, name)
        self._watch(listener)

    def _begin(self, name: str, samples: int, rate_hz: Fraction) -> None:
        """Note when the first row was there: the time of the recording's start."""
        self.rates_hz[name] = rate_hz
        if self._origin is None:
            self._origin = self.machine.now - int(samples * self._hz / rate_hz)

    def _watch(self, listener: Listener) -> None:
        symbols, calls, machine = self.machine.image.symbols, self._calls, self.machine
        decide, anew = f"{listener.name}_decide", f"{listener.name}_decide_start"
        ends = machine.image.returns_of(decide)
        if decide not in symbols or not ends:
            raise DeviceError(
                f"{listener.elf.name} has no {decide}(): its application does not decide by the rule of "
                "[firmware.decision].",
                hint=f"Try: {decide}() in app/; or --on line",
            )

        def given() -> None:
            calls.cycles.append(machine.now)
            calls.scores.append(machine.read_memory(machine.first_argument, listener.output_bytes))
            calls.begins.append(calls.is_new)
            calls.is_new = False

        def returned() -> None:
            calls.found.append((machine.first_argument ^ 1 << 31) - (1 << 31))

        def started() -> None:
            calls.is_new = True

        machine.watch(symbols[decide] & ~1, given)
        for address in ends:
            machine.watch(address, returned)
        if anew in symbols:
            machine.watch(symbols[anew] & ~1, started)

    def wait_for_start(self) -> None:
        """Run until the first sensor took a row. Raises DeviceError if none does."""
        while self._origin is None and self.machine.time < _START_S * self._hz:
            self._run_until(self.machine.time + self._hz // 100)
        if self._origin is None:
            names = " or ".join(self._stretch.feeds)
            raise DeviceError(
                f"the application of {self._stretch.listener.board.name} did not start {names}.",
                hint="Try: tinyml emulate --feed NAME=FILE, which shows what it says",
            )

    def hear(self) -> Sensed:
        """Return what the firmware makes of the stretch."""
        self.wait_for_start()
        stretch = self._stretch
        self._run_until(self._at(stretch.first))
        before = (self.machine.time, self.machine.asleep)
        self._run_until(self._at(stretch.end))
        span, asleep = self.machine.time - before[0], self.machine.asleep - before[1]
        return self._counted(span - asleep, asleep)

    def _at(self, seconds: Fraction) -> int:
        assert self._origin is not None
        return self._origin + int((seconds - self._stretch.start) * self._hz)

    def _run_until(self, end: int) -> None:
        machine = self.machine
        while machine.time < end:
            before = machine.time
            machine.run(min(end - before, _SLICE_S * self._hz))
            self._on_heard((machine.time - before) / self._hz)
            for line in self._splitter.feed(machine.line.collect()):
                if not line.startswith("m-") and self._origin is not None:
                    self._said.append((self._seconds(machine.time), line))

    def _seconds(self, cycles: int) -> float:
        """Return the recording's time, to the microsecond: it does not depend on where the stretch begins."""
        assert self._origin is not None
        exact = self._stretch.start + Fraction(cycles - self._origin, self._hz)
        return round(float(exact), _RIGHT_PLACES)

    def _counted(self, busy: int, asleep: int) -> Sensed:
        calls, first, end = self._calls, float(self._stretch.first), float(self._stretch.end)
        done = len(calls.found)  # the last call may not have returned yet
        times = np.array([self._seconds(each) for each in calls.cycles[:done]])
        kept = (times >= first) & (times < end)
        scores = np.frombuffer(b"".join(calls.scores[:done]), self._stretch.listener.dtype)
        lit = [(self._seconds(each.time), each.lit) for each in self.machine.led.changes]
        return Sensed(
            times[kept],
            scores.reshape(done, -1)[kept] if done else scores.reshape(0, 0),
            np.array(calls.found, np.int64)[kept],
            np.array(calls.begins[:done], np.bool_)[kept],
            tuple(each for each in lit if first <= each[0] < end),
            tuple(each for each in self._said if first <= each[0] < end),
            busy,
            asleep,
            self.rates_hz,
        )
