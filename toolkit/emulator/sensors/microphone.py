# SPDX-License-Identifier: Apache-2.0
"""A PDM microphone, as samples of 16 bits behind a microcontroller's decimation filter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from toolkit.emulator.feed import Feed, counts

NAME = "microphone"
_FULL_SCALE = 32768
# DS12293: -26 dB of a full sine's RMS at 94 dB SPL, and 64 dB from there down to the noise.
_NOISE = 10 ** ((-26 - 64) / 20) / math.sqrt(2)


class Microphone:
    """Takes its feed, of which 1 is full scale; silence without one, behind its end, and without power."""

    def __init__(self, feeds: Mapping[str, Feed]) -> None:
        self._feed = feeds.get(NAME)

    def take(self, samples: int, rate_hz: Fraction, gain_db: float, *, is_on: bool) -> bytes:
        """Return the next samples at a rate, little-endian: amplified, rounded to the nearest, saturated."""
        if self._feed is None or not is_on:
            return bytes(2 * samples)
        values = self._feed.take_all(samples, rate_hz, _NOISE)
        taken = np.zeros(samples)
        taken[: len(values)] = values[:, 0]
        gain = 10 ** (gain_db / 20)
        return counts(taken * gain, 1 / _FULL_SCALE).astype("<i2").tobytes()
