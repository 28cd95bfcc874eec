# SPDX-License-Identifier: Apache-2.0
"""A take: what several sensors sensed at the same time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int16]
_HIGHEST, _LOWEST = 32767 - 15, -32768
"""Of counts: what a sensor has at the end of its range. Converters of 12 bits leave the lowest 4 at 0."""
_HAS_AN_END = ("g", "dps", "gauss", "1")
"""Units of sensors whose counts end with their range; of others the ends are usual values."""


@dataclass(frozen=True)
class SensorInfo:
    """What a firmware says of one of its sensors: unit is that of its numbers, "1" for full scale."""

    name: str
    channels: int
    unit: str


@dataclass(frozen=True)
class Setting:
    """What a sensor was set to: rate_mhz rows in 1000 s, numbers up to range, scale units a count.

    room is how many rows the firmware keeps until they are fetched.
    """

    rate_mhz: int
    range: int
    scale: float
    room: int

    @property
    def rate_hz(self) -> Fraction:
        """Rows a second, exactly."""
        return Fraction(self.rate_mhz, 1000)


@dataclass(frozen=True)
class Gap:
    """rows are missing before row `at`."""

    at: int
    rows: int


@dataclass(frozen=True, eq=False)
class Track:
    """Rows (n, channels) of one sensor, as counts, and where some are missing."""

    sensor: SensorInfo
    setting: Setting
    rows: Counts
    gaps: tuple[Gap, ...]

    @property
    def lost(self) -> int:
        """How many rows are missing."""
        return sum(gap.rows for gap in self.gaps)

    @property
    def clipped(self) -> int:
        """How many rows have a number at the end of the range: what was there may have been more."""
        if self.sensor.unit not in _HAS_AN_END:
            return 0
        return int(((self.rows >= _HIGHEST) | (self.rows <= _LOWEST)).any(axis=1).sum())

    def first(self, rows: int) -> Track:
        """Return the track's first rows, as many, and the gaps before them."""
        return replace(self, rows=self.rows[:rows], gaps=tuple(gap for gap in self.gaps if gap.at < rows))

    def places(self) -> NDArray[np.int64]:
        """Return at which row of the sensor's own count each row (n,) stands, the missing ones counted."""
        places = np.arange(len(self.rows), dtype=np.int64)
        for gap in self.gaps:
            places[gap.at :] += gap.rows
        return places


@dataclass(frozen=True, eq=False)
class Take:
    """Tracks of the same moment; measured_hz is the first one's rate by the firmware's clock, if known."""

    tracks: tuple[Track, ...]
    measured_hz: float | None = None

    @property
    def lost(self) -> int:
        """How many rows are missing in all tracks."""
        return sum(track.lost for track in self.tracks)
