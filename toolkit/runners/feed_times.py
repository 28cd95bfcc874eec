# SPDX-License-Identifier: Apache-2.0
"""The times of a table that is fed to a sensor: its rate, and where the table is not what its rate says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from toolkit.data.timeline import UNITS_S, Trait, trait_of, unit_of
from toolkit.errors import InputError

_UNEVEN = 0.2
"""From this deviation of the steps on, in usual ones, times are uneven."""
_OFF_BY = 0.02
"""From this difference on, of the mean rate to the one that is fed."""


@dataclass(frozen=True)
class FeedTimes:
    """Rows a second, None where the times do not say it; words are what a person should know."""

    rate_hz: Fraction | None
    words: tuple[str, ...] = ()


def times_of(name: str, column: str, times: NDArray[np.float64]) -> FeedTimes:
    """Return what the times (rows,) of a column say. Raises InputError if their unit is not known."""
    trait, unit = trait_of(times), unit_of(column, float(times[0]) if len(times) else 0.0)
    if len(times) > 1 and not trait.each:
        return FeedTimes(None, (f"{name}: {column!r} does not rise, so that it gives no times",))
    if not trait.each:
        return FeedTimes(None)
    if (np.diff(times) < 0).any() and not trait.rises:
        word = f"{name}: {column!r} goes back again and again: its rows are fed as they stand"
        return FeedTimes(None, (word,))
    if not unit:
        raise InputError(
            f"{name}: the unit of the time {column!r} is not known.",
            hint="Try: a name such as time_ms; or --feed-rate NAME=HZ",
        )
    rate = Fraction(1 / (trait.each * UNITS_S[unit])).limit_denominator(1000)
    return FeedTimes(rate, tuple(_words(name, times * UNITS_S[unit], trait, float(rate))))


def _words(name: str, seconds: NDArray[np.float64], trait: Trait, rate: float) -> Iterator[str]:
    gaps = [(float(seconds[at - 1] - seconds[0]), float(seconds[at] - seconds[0])) for at in trait.gaps]
    for begin, end in gaps[:1]:
        more = f", and {len(gaps) - 1} more such gaps" if len(gaps) > 1 else ""
        if end > begin:
            yield (
                f"{name} has no rows from {begin:.4g} to {end:.4g} s{more}: "
                "the next row is fed at once, as if no time was missing"
            )
        else:
            yield f"{name}: its time goes back from {begin:.4g} to {end:.4g} s{more}: it is fed as one"
    steps = np.delete(np.diff(seconds), [at - 1 for at in trait.gaps])
    mean = 1 / float(steps.mean()) if len(steps) and steps.mean() > 0 else rate
    if trait.spread > _UNEVEN or abs(mean / rate - 1) > _OFF_BY:
        yield (
            f"{name}: its times are uneven, {mean:.4g} rows a second in the mean: "
            f"fed evenly, {rate:.4g} a second"
        )
