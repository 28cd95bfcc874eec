# SPDX-License-Identifier: Apache-2.0
"""ST LIS2DH12, an accelerometer with a FIFO. Source: data sheet DocID025056 Rev 6 (DS) 6.1.1 and 8."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from toolkit.emulator.i2c import I2cDevice, RegisterDevice
from toolkit.emulator.peripherals.peripheral import System
from toolkit.emulator.sensors.sensor import Samples, Sensed

_WHO_AM_I, _CTRL1, _CTRL4, _CTRL5, _OUT, _OUT_END = 0x0F, 0x20, 0x23, 0x24, 0x28, 0x2D
_FIFO_CTRL, _FIFO_SRC = 0x2E, 0x2F
_RESET = {_CTRL1: 0x07, 0x21: 0, 0x22: 0, _CTRL4: 0, _CTRL5: 0, 0x25: 0, _FIFO_CTRL: 0}
_GO_ON, _HIGH_RESOLUTION, _FIFO_EN, _LOW_POWER = 0x80, 0x08, 0x40, 0x08
_STREAM, _FIFO_ROWS, _MOST_FSS = 2, 32, 31
# DS tables 31 and 4: by ODR; units of a bit of 12, by FS.
_RATES = [Fraction(each) for each in (0, 1, 10, 25, 50, 100, 200, 400)]
_SCALES = (1e-3, 2e-3, 4e-3, 12e-3)
_BITS = 12
# DS table 4: An in g a root of Hz, in high resolution; table 10: the bandwidth there is ODR / 9.
_NOISE_DENSITY, _BANDWIDTH = 220e-6, 9
_BOOT_S = Fraction(5, 1000)
_UNSETTLED = 7
"""Rows until the 12 bits are there (DS, turn-on time)."""


class Lis2dh12(RegisterDevice):
    """WHO_AM_I, control registers, outputs and the FIFO as a stream, in high resolution only.

    A row is let go when its last byte was read; with the FIFO on a read goes from there to the first byte.
    For 5 ms it boots, and does not answer. Behind a start some rows are as low as they can be, until it has
    settled; what is fed begins then.
    """

    name = "LIS2DH12"

    def __init__(self, system: System, address: int) -> None:
        super().__init__(address)
        self._accel = Sensed(system.feeds, "accel", (0.0, 0.0, 1.0))
        self._samples = Samples(system, self._sample)
        self._values = dict(_RESET)
        self._fifo: deque[bytes] = deque()
        self._last = bytes(6)
        self._is_overrun = False
        self._system = system
        self._boots_until = system.now() + int(_BOOT_S * system.board.clock.hz)

    def answers(self) -> bool:
        """Return whether it has booted."""
        return self._system.now() >= self._boots_until

    @property
    def _uses_fifo(self) -> bool:
        return bool(self._values[_CTRL5] & _FIFO_EN) and self._values[_FIFO_CTRL] >> 6 == _STREAM

    def _sample(self) -> None:
        rate = self._samples.rate_hz
        values = np.full(3, -np.inf)
        if self._samples.is_settled:
            values = self._accel.take(rate, _NOISE_DENSITY * math.sqrt(rate / _BANDWIDTH))
        top = 1 << _BITS - 1
        bits = np.clip(np.rint(values / _SCALES[self._values[_CTRL4] >> 4 & 3]), -top, top - 1)
        self._last = (bits.astype(np.int16) << 16 - _BITS).astype("<i2").tobytes()
        if self._uses_fifo:
            if len(self._fifo) == _FIFO_ROWS:
                self._fifo.popleft()
            self._fifo.append(self._last)
            self._is_overrun = len(self._fifo) == _FIFO_ROWS

    def next_register(self, number: int) -> int:
        """Go on only if the number that was asked for has its highest bit."""
        if not number & _GO_ON:
            return number
        return _GO_ON | _OUT if number == _GO_ON | _OUT_END and self._uses_fifo else number + 1

    def read_register(self, number: int) -> int:
        """Read a register; the last byte of a row takes it from the FIFO."""
        number &= ~_GO_ON
        if _OUT <= number <= _OUT_END:
            return self._read_output(number - _OUT)
        if number == _WHO_AM_I:
            return 0x33
        if number == _FIFO_SRC:
            unread = len(self._fifo)
            return self._is_overrun << 6 | (not unread) << 5 | min(unread, _MOST_FSS)
        if number not in self._values:
            raise self.unknown(number)
        return self._values[number]

    def _read_output(self, place: int) -> int:
        row = self._fifo[0] if self._fifo else self._last
        if place == _OUT_END - _OUT and self._fifo:
            self._fifo.popleft()
            self._is_overrun = False
        return row[place]

    def write_register(self, number: int, value: int) -> None:
        """Write a register; another rate begins the samples anew."""
        number &= ~_GO_ON
        if number not in self._values:
            raise self.unknown(number)
        self._values[number] = value
        if number == _CTRL1:
            odr, is_high = value >> 4, self._values[_CTRL4] & _HIGH_RESOLUTION
            if value & _LOW_POWER or odr >= len(_RATES) or (odr and not is_high):
                raise self.unknown(number)
            self._samples.start(_RATES[odr], _UNSETTLED)
        if not self._uses_fifo:
            self._fifo.clear()
            self._is_overrun = False


CHIPS: dict[str, Callable[[System, int], I2cDevice]] = {"lis2dh12": Lis2dh12}
