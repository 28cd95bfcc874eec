# SPDX-License-Identifier: Apache-2.0
"""A long recording cut into stretches that overlap, heard by as many processes, and put together again.

What comes out does not depend on the cut: a stretch begins where a window begins in the whole recording, and
its decisions are compared with those of the rule over all scores. Where they differ, as after a detection
that the stretch has not heard, it is heard again from further back.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from toolkit.decision.rule import DecisionRule
from toolkit.decision.track import decide_all
from toolkit.emulator.feed import Feed
from toolkit.listen.stretch import Hearing, Listener, Sensed, Stretch
from toolkit.listen.workers import OnHeard, hear_all
from toolkit.ui import OnProgress

_MOST_S = 600
"""A stretch is no longer: its sound stays in memory, and the bar moves."""
_APPLICATION_S = 4
"""What an application keeps of the past besides, such as a LED that stays on for a second."""
_FURTHER = 4
_QUANTUM_S = {True: Fraction(math.lcm(256, 12), 16_000), False: Fraction(5, 1000)}
"""After which time a port does the same again: sound by DMA into a buffer, or by a FIFO of the converter; a
look at a sensor's FIFO."""


@dataclass(frozen=True, eq=False)
class Whole:
    """A recording as it is fed: its length and the time from one window to the next, in seconds."""

    feeds: Mapping[str, Feed]
    rate_hz: Fraction
    rows: int
    hop_s: Fraction
    first_s: Fraction
    is_sound: bool

    @property
    def span_s(self) -> Fraction:
        """The recording's length."""
        return self.rows / self.rate_hz

    @property
    def step_s(self) -> Fraction:
        """What lies between two places at which a stretch may begin."""
        return _common(_common(self.hop_s, _QUANTUM_S[self.is_sound]), 1 / self.rate_hz)

    def warm_up_s(self, rule: DecisionRule) -> Fraction:
        """Return what a stretch hears before it counts: all that a decision may depend on, and more."""
        windows = rule.average + rule.of + min(rule.refractory, 1000)
        return self.first_s + windows * self.hop_s + _APPLICATION_S

    def part(self, first: Fraction, end: Fraction) -> dict[str, Feed]:
        """Return the feeds from first up to end."""
        rows = int(first * self.rate_hz), math.ceil(end * self.rate_hz)
        return {name: feed.part(*rows, self.rate_hz) for name, feed in self.feeds.items()}


def _common(one: Fraction, other: Fraction) -> Fraction:
    """Return the least common multiple of two fractions."""
    return Fraction(math.lcm(one.numerator, other.numerator), math.gcd(one.denominator, other.denominator))


def hear_whole(
    listener: Listener,
    whole: Whole,
    rule: DecisionRule,
    parts: int | None,
    on_progress: OnProgress | None = None,
) -> Sensed:
    """Return what the firmware makes of a recording, cut into so many parts; None: one for each core.

    Raises DeviceError if its application starts no sensor that is fed, or does not decide by the rule.
    """
    probe = Hearing(Stretch(listener, whole.part(Fraction(0), whole.span_s), *[Fraction(0)] * 3))
    probe.wait_for_start()
    if any(rate != whole.rate_hz for rate in probe.rates_hz.values()):
        parts = 1  # a window of the sensor's rows begins nowhere in the file's
    borders = _borders(whole, parts)
    spans = list(itertools.pairwise(borders))
    stretches = [_stretch(listener, whole, span, whole.warm_up_s(rule)) for span in spans]
    processes = min(len(stretches), os.cpu_count() or 1)
    heard = hear_all(stretches, processes, _progress(stretches, on_progress))
    for place in range(1, len(heard)):
        warm_up_s = whole.warm_up_s(rule)
        while not _follows(rule, heard[: place + 1]) and warm_up_s < spans[place][0]:
            warm_up_s *= _FURTHER
            heard[place] = Hearing(_stretch(listener, whole, spans[place], warm_up_s)).hear()
    return _joined(heard)


def _borders(whole: Whole, parts: int | None) -> list[Fraction]:
    count = parts or max(os.cpu_count() or 1, math.ceil(whole.span_s / _MOST_S))
    step = whole.step_s
    inner = {round(whole.span_s * place / count / step) * step for place in range(1, count)}
    return sorted({Fraction(0), *(each for each in inner if 0 < each < whole.span_s), whole.span_s})


def _stretch(
    listener: Listener, whole: Whole, span: tuple[Fraction, Fraction], warm_up_s: Fraction
) -> Stretch:
    first, end = span
    step = whole.step_s
    start = max(Fraction(0), (first - warm_up_s) // step * step)
    return Stretch(listener, whole.part(start, end), start, first, end)


def _progress(stretches: Sequence[Stretch], on_progress: OnProgress | None) -> OnHeard:
    """Return what tells on_progress how much of all stretches, their warming up included, is heard."""
    total = math.ceil(sum(each.end - each.start for each in stretches))
    heard, many = 0.0, f", in {len(stretches)} parts" if len(stretches) > 1 else ""

    def hear(seconds: float) -> None:
        nonlocal heard
        heard += seconds
        if on_progress is not None:
            on_progress(min(heard, total), total, f"of {total} s{many}")

    return hear


def _follows(rule: DecisionRule, heard: Sequence[Sensed]) -> bool:
    """Whether the last stretch decided as the rule does over all that was heard before it, too."""
    last = len(heard[-1].found)
    every = _joined(heard)
    agrees = decide_all(rule, every.scores, every.begins) == every.found
    return bool(agrees[len(every.found) - last :].all())


def _joined(heard: Sequence[Sensed]) -> Sensed:
    whole = [each for each in heard if len(each.found)] or list(heard[:1])
    return replace(
        heard[0],
        times=np.concatenate([each.times for each in whole]),
        scores=np.concatenate([each.scores for each in whole]),
        found=np.concatenate([each.found for each in whole]),
        begins=np.concatenate([each.begins for each in whole]),
        lit=tuple(change for each in heard for change in each.lit),
        said=tuple(line for each in heard for line in each.said),
        busy=sum(each.busy for each in heard),
        asleep=sum(each.asleep for each in heard),
    )
