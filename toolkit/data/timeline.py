# SPDX-License-Identifier: Apache-2.0
"""The time of recordings: which column it is, its unit and rate, and where something is missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
UNITS_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
GAP_STEPS = 3.0
"""A step of more than so many usual ones is a gap: two samples in a row may be lost to a slow SD card."""
_NEARLY_ALL = 0.98
"""Of all steps; a clock that starts again, or a counter that overflows, still rises."""
_FEWEST_STEPS = 3
_NAMES = {
    "s": r"s|sec|secs|second|seconds|time_s|unix",
    "ms": r"ms|msec|milli|millis|millisecond|milliseconds|time_ms",
    "us": r"us|usec|micro|micros|microsecond|microseconds|time_us",
    "ns": r"ns|nsec|nanos|nanoseconds|time_ns",
}
_TIMELY = r"t|time|timestamp|date|datetime|clock|zeit|zeitstempel|uhrzeit|datum|temps|heure|tiempo|hora|fecha"
_MANY_SHARE = 0.3
"""From this share of rows on that have the time of the row before, the clock is coarser than the rows."""
_IRREGULAR = 0.2
"""From this deviation of its steps on, in usual ones, a clock is no metronome: a sine's shape suffers."""
_MIXED = 1.1
"""From this ratio on, the slowest usual step to the fastest, rates are mixed."""


@dataclass(frozen=True)
class Trait:
    """What one column of one recording is like; step is the usual one upwards, 0 if there is none.

    each is the time from a row to the next in the mean: less than step where rows share a time, as with a
    clock that counts seconds only. gaps are the rows before which something is missing, missing the steps
    there. spread is the deviation of the other steps, in usual ones.
    """

    low: float
    high: float
    rises: bool
    counts_rows: bool
    step: float
    each: float = 0.0
    gaps: tuple[int, ...] = ()
    missing: tuple[float, ...] = ()
    spread: float = 0.0


def trait_of(values: Real) -> Trait:
    """Return what a column (rows,) is like; NaN are rows that are not there."""
    kept = np.flatnonzero(~np.isnan(values))
    good = values[kept]
    if not len(good):
        return Trait(0.0, 0.0, False, False, 0.0)
    steps = np.diff(good)
    up = steps[steps > 0]
    step = float(np.median(up)) if len(up) else 0.0
    few_down = len(steps) - len(up) <= (1 - _NEARLY_ALL) * len(steps)
    rises = len(up) >= _FEWEST_STEPS and bool((few_down and len(steps) > 10) or not (steps < 0).any())
    at = np.flatnonzero((steps > GAP_STEPS * step) | (steps < 0)) if rises else np.zeros(0, np.int64)
    return Trait(
        float(good.min()),
        float(good.max()),
        rises,
        counts_rows=len(steps) > 1 and bool((steps == 1).all()),
        step=step,
        each=step * _share_of_new(steps) if rises else step,
        gaps=tuple((kept[at + 1]).tolist()),
        missing=tuple(steps[at].tolist()),
        spread=float(up[up <= GAP_STEPS * step].std() / step) if rises else 0.0,
    )


def _share_of_new(steps: Real) -> float:
    """Return 1, or how many of the steps are upwards where many rows share a time."""
    share = float((steps > 0).sum() + 1) / (len(steps) + 1)
    return share if share < 1 - _MANY_SHARE else 1.0


def is_timely(name: str) -> bool:
    """Return whether a column's name says that it is a time."""
    plain = _plain(name)
    return bool(re.fullmatch(_TIMELY, plain)) or any(re.fullmatch(names, plain) for names in _NAMES.values())


def unit_of(name: str, first: float) -> str:
    """Return s, ms, us or ns for a time column by its name, or by a first value since 1970; "" if unknown."""
    inside = re.search(r"[\[(]\s*(\w+)\s*[\])]", name)
    words = [inside.group(1).lower()] if inside else []
    for word in (*words, _plain(name), _plain(name).rpartition("_")[2]):
        for unit, names in _NAMES.items():
            if re.fullmatch(names, word):
                return unit
    for unit, factor in UNITS_S.items():
        if 9e8 < first * factor < 5e9:  # the years 1998 to 2128
            return unit
    return ""


def time_notes(name: str, unit: str, traits: Sequence[Trait], recordings: Sequence[str]) -> list[str]:
    """Return what is to be said of the time of recordings: rate, mixed rates, gaps."""
    steps = [trait.each for trait in traits if trait.step]
    if not steps:
        return []
    of_unit = f" in {unit}" if unit else " of a unit that its name does not say (time_unit)"
    rates = Counter(_rate(step, unit) for step in steps)
    notes = [f"time is {name},{of_unit}: {rates.most_common(1)[0][0]}"]
    if any(trait.each < trait.step for trait in traits):
        notes.append(f"{name} is coarse: several rows have the same time")
    elif max(trait.spread for trait in traits) > _IRREGULAR:
        place = max(range(len(traits)), key=lambda i: traits[i].spread)
        notes.append(
            f"{name} is irregular: its steps deviate by {100 * traits[place].spread:.0f} % in "
            f"{recordings[place]}; time and rate in the section [data.options] make them equal"
        )
    if max(steps) > _MIXED * min(steps):
        shown = ", ".join(f"{rate} in {count}" for rate, count in rates.most_common(4))
        notes.append(f"mixed rates: {shown} recordings; rate in the section [data.options] resamples them")
    gaps = [gap for trait in traits for gap in trait.missing]
    if gaps:
        place = next(i for i, trait in enumerate(traits) if trait.missing)
        ahead = [gap for gap in gaps if gap > 0]
        longest = f", the longest {_span(max(ahead), unit)}" if ahead else ""
        back = sum(gap < 0 for gap in gaps)
        again = f"; in {back} of them the time starts again" if back else ""
        what = f"{len(gaps)} {'gap' if len(gaps) == 1 else 'gaps'}"
        of = sum(bool(trait.missing) for trait in traits)
        notes.append(
            f"{what} in {of} of {len(traits)} recordings{longest}{again}, such as in {recordings[place]}; "
            "no window crosses one"
        )
    return notes


def resampled(rows: Real, rate: float, unit_s: float, breaks: Sequence[int]) -> list[Real]:
    """Return pieces of rows (n, 1 + channels), whose first column is the time, at rate rows a second.

    Between two rows channels are interpolated linearly, but not across breaks, the places before which
    something is missing: a piece ends there. A row of NaN is left out.
    """
    pieces: list[Real] = []
    for piece in np.split(rows, list(breaks)):
        piece = piece[~np.isnan(piece).any(axis=1)]
        if not len(piece):
            continue
        time = piece[:, 0] * unit_s
        count = int(np.floor((time[-1] - time[0]) * rate + 1e-6)) + 1
        wanted = time[0] + np.arange(count) / rate
        columns = [np.interp(wanted, time, channel) for channel in piece[:, 1:].T]
        pieces.append(np.stack([wanted / unit_s, *columns], axis=1))
    return pieces


def why_not_resampled(name: str, unit: str, trait: Trait) -> tuple[str, str]:
    """Return why rows with a time column of this name cannot be resampled, and a hint; "" if they can."""
    if not unit:
        hint = 'Try: time_unit = "ms" (or s, us, ns) in the section [data.options]'
        return f"cannot be resampled: {name!r} does not say its unit", hint
    if trait.each < trait.step:
        hint = "Try: rate = 0 in the section [data.options], or a clock with more digits"
        return f"cannot be resampled: several rows have the same time in {name!r}", hint
    return "", ""


def _plain(name: str) -> str:
    return re.sub(r"[\[(].*", "", name.strip().lower()).strip().replace(" ", "_")


def _rate(step: float, unit: str) -> str:
    return f"{1 / (step * UNITS_S[unit]):.4g} rows a second" if unit else f"{step:.6g} a row"


def _span(value: float, unit: str) -> str:
    return f"{value * UNITS_S[unit]:.4g} s" if unit else f"{value:.6g}"
