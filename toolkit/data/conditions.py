# SPDX-License-Identifier: Apache-2.0
"""Whether classes were recorded under other conditions: a rate, a unit or a gain that tells the class.

A model learns such a difference before it learns what is to be told apart, and no test on the same data shows
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
_FEWEST = 3
"""Recordings of each class: one or two differ by chance."""
_OTHER_RATE = 1.05
"""Clocks of the same rate differ by less."""
_OTHER_GAIN_DB = 3.0
_NAMED = 4
_GRAVITY = {"g": 1.0, "m/s2": 9.80665, "mg": 1000.0}
_AROUND = 1.4
"""Of a recording the median strength is that of gravity, or little more, however it was moved."""
_AXIS = re.compile(
    r"(?:accelerometer|acceleration|accel|acc|a)?[_. -]?([xyz])(?:[ _]*[\[(].*)?", re.IGNORECASE
)
_UNIT = re.compile(r"\s*[\[(][^\[\]()]*[\])]\s*$")


def rate_notes(classes: Sequence[str], y: Sequence[int], rates: Sequence[float], unit: str) -> list[str]:
    """Say which classes alone have their rates; y (n,) and rates (n,) are those of the recordings."""
    found = []
    for name, own, others in _one_and_others(classes, y, np.array(rates)):
        apart = _apart(np.log(own), np.log(others))
        if apart is not None and abs(apart) > np.log(_OTHER_RATE):
            found.append(
                f"{name} was recorded at {_range(own)} {unit}, all other classes at {_range(others)}: a "
                "model learns the rate instead of the class"
            )
    return found[:_NAMED]


def gain_notes(classes: Sequence[str], y: Sequence[int], levels_db: Sequence[float]) -> list[str]:
    """Say which classes are louder, or quieter, than all else; levels_db (n,) are those of the recordings."""
    found = []
    for name, own, others in _one_and_others(classes, y, np.array(levels_db)):
        apart = _apart(own, others)
        if apart is not None and abs(apart) >= _OTHER_GAIN_DB:
            found.append(
                f"each recording of {name} is {'louder' if apart > 0 else 'quieter'} than all of the other "
                f"classes, by {abs(apart):.0f} dB or more: if not by nature, as silence is, it was recorded "
                "with another gain, and a model learns that"
            )
    return found[:_NAMED]


def gravity_notes(
    columns: Sequence[str], strengths: Mapping[str, tuple[str, float]], classes: Sequence[str]
) -> list[str]:
    """Say it where some recordings have their acceleration in another unit than others.

    strengths are, by recordings' names, the class and the median strength of the three axes, which is that
    of gravity.
    """
    if axes_of(columns) is None:
        return []
    by_unit: dict[str, list[str]] = {}
    for kind, strength in strengths.values():
        for unit, gravity in _GRAVITY.items():
            if gravity / _AROUND < strength < gravity * _AROUND:
                by_unit.setdefault(unit, []).append(kind)
    if len(by_unit) < 2:
        return []
    parts = [
        f"{unit} in {len(kinds):,} ({', '.join(_sorted(kinds, classes))})" for unit, kinds in by_unit.items()
    ]
    shared = set.intersection(*(set(kinds) for kinds in by_unit.values()))
    tells = "" if shared else ", and the unit tells the class"
    return [
        f"by the strength of gravity the acceleration of recordings is in {' and in '.join(parts)}: they "
        f"cannot be learned together{tells}. Convert them to one unit (1 g = 9.80665 m/s2)"
    ]


def axes_of(columns: Sequence[str]) -> tuple[int, int, int] | None:
    """Return the places of an acceleration's x, y and z among columns, None if they are not all there."""
    places: dict[str, int] = {}
    for place, name in enumerate(columns):
        if found := _AXIS.fullmatch(name.strip()):
            places.setdefault(found[1].lower(), place)
    return (places["x"], places["y"], places["z"]) if len(places) == len("xyz") else None


def other_unit(header: Sequence[str], wanted: Sequence[str]) -> str:
    """Return what to say of columns that differ from those wanted by their units alone, else ""."""
    plain = {_UNIT.sub("", name).strip().casefold(): name for name in wanted}
    own = {_UNIT.sub("", name).strip().casefold(): name for name in header}
    if set(plain) != set(own) or len(plain) != len(wanted) or len(own) != len(header):
        return ""
    pairs = [(own[name], plain[name]) for name in plain if own[name].casefold() != plain[name].casefold()]
    if not pairs:
        return ""
    return f"has another unit: {pairs[0][0]!r} where most recordings have {pairs[0][1]!r}"


def _one_and_others(
    classes: Sequence[str], y: Sequence[int], values: Real
) -> Iterator[tuple[str, Real, Real]]:
    """Yield each class with enough recordings, its values, and those of all others."""
    labels = np.array(y)
    if len(labels) != len(values):
        return
    for place, name in enumerate(classes):
        own, others = values[labels == place], values[labels != place]
        if len(own) >= _FEWEST and len(others) >= _FEWEST:
            yield name, own, others


def _apart(own: Real, others: Real) -> float | None:
    """Return how far own is above (or, negative, below) all others, None where they overlap."""
    if own.min() > others.max():
        return float(own.min() - others.max())
    return float(own.max() - others.min()) if own.max() < others.min() else None


def _range(rates: Real) -> str:
    low, high = rates.min(), rates.max()
    return _number(high) if high <= _OTHER_RATE * low else f"{_number(low)} to {_number(high)}"


def _sorted(kinds: Sequence[str], classes: Sequence[str]) -> list[str]:
    there = [name for name in classes if name in kinds]
    return [*there[:_NAMED], f"{len(there) - _NAMED} more"] if len(there) > _NAMED else there


def _number(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 1000 else f"{rate:.4g}"
