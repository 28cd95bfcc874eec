# SPDX-License-Identifier: Apache-2.0
"""A microphone: by PDM, as samples of 16 bits behind a decimation filter, or analog, on a converter's pin."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from toolkit.emulator.feed import Feed, counts
from toolkit.emulator.peripherals.peripheral import System

NAME = "microphone"
_FULL_SCALE = 32768
# DS12293: -26 dB of a full sine's RMS at 94 dB SPL, and 64 dB from there down to the noise.
_NOISE = 10 ** ((-26 - 64) / 20) / math.sqrt(2)

# SPW2430HR5H-B data sheet: -42 dBV at 94 dB SPL, and 59 dB from there down to the noise; 75 times as much
# behind the SparkFun Edge's amplifier (750 kOhm by 10 kOhm in its schematic).
_AMPLIFIED_NOISE = 75 * 10 ** ((-42 - 59) / 20)


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


class AnalogMicrophone:
    """An SPW2430 behind the SparkFun Edge's amplifier: what is fed, of which 1 is 1 V, below its rest.

    Its rest is a part of the supply. The board's [defines] and [analog] say which, and of how much.
    """

    def __init__(self, system: System) -> None:
        self._feed = system.feeds.get(NAME)
        given, analog = system.board.defines, system.board.analog
        self._supply_mv = analog.supply_mv if analog else 0
        lower, upper = (given.get(f"microphone_bias_{which}_kohm", 1) for which in ("lower", "upper"))
        self._rest_mv = Fraction(self._supply_mv * lower, lower + upper)

    def take(self, samples: int, rate_hz: Fraction, full_scale_mv: int, bits: int) -> list[int]:
        """Return the next samples at a rate as counts: the nearest, within ground, supply and full scale."""
        sound = np.zeros(samples)
        if self._feed is not None:
            values = self._feed.take_all(samples, rate_hz, _AMPLIFIED_NOISE)
            sound[: len(values)] = values[:, 0]
        rest, supply = (float(mv * (1 << bits) / full_scale_mv) for mv in (self._rest_mv, self._supply_mv))
        counts_a_volt = 1000 * (1 << bits) / full_scale_mv
        voltages = np.clip(rest - counts_a_volt * sound, 0, supply)
        nearest = np.minimum(np.floor(voltages + 0.5), (1 << bits) - 1)
        return [int(each) for each in nearest]
