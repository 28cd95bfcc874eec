# SPDX-License-Identifier: Apache-2.0
"""What a sensor senses: rows of values, in the sensor's unit, that it takes at its own rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError

Rows = NDArray[np.float64]


class Feed:
    """Rows (n, channels) of what is there to be sensed, rate_hz of them a second.

    A sensor that runs at another rate takes the row that is the latest at its time; where rate_hz is not
    known, one row a sample. The first sample of a sensor takes the first row, and while it is off nothing is
    taken. Behind the end the last row stays. With noise_seed a sensor adds the noise that its data sheet
    tells. unit is what a 1 in rows stands for, in the sensor's unit: hours of sound stay integers.
    Raises InputError for rows that are none, or not finite.
    """

    def __init__(
        self,
        rows: NDArray[Any],
        rate_hz: Fraction | None = None,
        *,
        noise_seed: int | None = None,
        unit: float = 1.0,
    ) -> None:
        if rows.ndim != 2 or not rows.size:
            raise InputError(f"what is fed to a sensor must be rows of channels, not {rows.shape}.")
        if not np.isfinite(rows).all():
            raise InputError("what is fed to a sensor has values that are no numbers.")
        self._rows = rows
        self._rate = rate_hz
        self._unit = unit
        self._seed = noise_seed
        self._position = Fraction(0)
        self.on_begin: Callable[[int, Fraction], None] | None = None
        """Called before the first row is taken, with how many samples are, and at which rate."""
        self._random = None if noise_seed is None else np.random.default_rng(noise_seed)

    @property
    def channels(self) -> int:
        """How many numbers a row has."""
        return int(self._rows.shape[1])

    @property
    def rate_hz(self) -> Fraction | None:
        """How many rows a second there are, where it is known."""
        return self._rate

    def __len__(self) -> int:
        return len(self._rows)

    def part(self, first: int, end: int, rate_hz: Fraction | None = None) -> Feed:
        """Return the rows from first up to end as a feed of their own, at another rate if one is given."""
        return Feed(self._rows[first:end], rate_hz or self._rate, noise_seed=self._seed, unit=self._unit)

    @property
    def is_over(self) -> bool:
        """Whether the last row was taken."""
        return self._position >= len(self._rows)

    def left_s(self, rate_hz: Fraction) -> float:
        """Return for how many seconds a sensor of this rate finds rows; no end where all are the same."""
        if self.still_rows == len(self._rows):
            return math.inf
        return float((len(self._rows) - self._position) / (self._rate or rate_hz))

    @property
    def still_rows(self) -> int:
        """How many rows at the end are the same as the last one, which counts."""
        others = np.flatnonzero((self._rows != self._rows[-1]).any(axis=1))
        return len(self._rows) - (int(others[-1]) + 1 if len(others) else 0)

    def take(self, rate_hz: Fraction, deviation: float = 0.0) -> Rows:
        """Return the row of the next sample of a sensor that takes rate_hz of them a second.

        deviation is that of the sensor's noise, in its unit.
        """
        if self.on_begin is not None and not self._position:
            self.on_begin(1, rate_hz)
        row: Rows = self._rows[min(int(self._position), len(self._rows) - 1)] * self._unit
        self._position += Fraction(1) if self._rate is None else self._rate / rate_hz
        return self._with_noise(row, deviation)

    def take_after(self, elapsed_s: Fraction) -> Rows:
        """Return the row of a sample that comes so long after the last one; 0 for the first."""
        if self._rate is not None:
            self._position += self._rate * elapsed_s
        elif elapsed_s:
            self._position += 1
        row: Rows = self._rows[min(int(self._position), len(self._rows) - 1)]
        return row

    def _with_noise(self, values: Rows, deviation: float) -> Rows:
        if self._random is None or not deviation:
            return values
        return values + self._random.normal(0.0, deviation, values.shape)

    def take_all(self, most: int, rate_hz: Fraction, deviation: float = 0.0) -> Rows:
        """Return the rows (n, channels) of the next samples, fewer than most of them at the end; see take."""
        if self.on_begin is not None and not self._position:
            self.on_begin(most, rate_hz)
        step = Fraction(1) if self._rate is None else self._rate / rate_hz
        top, bottom = self._position.numerator, self._position.denominator
        common = math.lcm(bottom, step.denominator)
        first, each = top * (common // bottom), step.numerator * (common // step.denominator)
        places = (first + each * np.arange(most)) // common
        self._position += most * step
        rows: Rows = self._rows[places[places < len(self._rows)]] * self._unit
        return self._with_noise(rows, deviation)


def counts(values: Rows, scale: float) -> NDArray[np.int16]:
    """Return values as a sensor of 16 bits and scale units a count gives them: nearest, and saturated."""
    return np.clip(np.rint(values / scale), -32768, 32767).astype(np.int16)
