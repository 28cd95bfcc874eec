# SPDX-License-Identifier: Apache-2.0
"""ST LSM9DS1's magnetometer. Source: data sheet DocID025715 Rev 3 (DS) 5.1.1 and 8."""

from __future__ import annotations

from fractions import Fraction

from toolkit.emulator.feed import counts
from toolkit.emulator.i2c import RegisterDevice
from toolkit.emulator.peripherals.peripheral import System
from toolkit.emulator.sensors.sensor import Samples, Sensed

_WHO_AM_I, _CTRL1, _CTRL2, _CTRL3, _STATUS, _OUT = 0x0F, 0x20, 0x21, 0x22, 0x27, 0x28
_RESET = {_CTRL1: 0x10, _CTRL2: 0x00, _CTRL3: 0x03, 0x23: 0x00, 0x24: 0x00}
_RATES = [Fraction(each) for each in ("0.625", "1.25", "2.5", "5", "10", "20", "40", "80")]
_SCALES = (0.14e-3, 0.29e-3, 0.43e-3, 0.58e-3)
_GO_ON = 0x80
_ZYXDA, _ZYXOR = 0x0F, 0xF0
_EARTH = (0.2, 0.0, -0.4)


class Lsm9ds1Mag(RegisterDevice):
    """WHO_AM_I, control, status and output registers; a row that was not read is overwritten."""

    name = "the magnetometer of LSM9DS1"

    def __init__(self, system: System, address: int) -> None:
        super().__init__(address)
        self._mag = Sensed(system.feeds, "mag", _EARTH)
        self._samples = Samples(system, self._sample)
        self._values = dict(_RESET)
        self._row = bytes(6)
        self._status = 0

    def _sample(self) -> None:
        scale = _SCALES[self._values[_CTRL2] >> 5 & 3]
        self._row = counts(self._mag.take(self._samples.rate_hz), scale).tobytes()
        self._status |= _ZYXDA | (_ZYXOR if self._status & _ZYXDA else 0)

    def next_register(self, number: int) -> int:
        """Go on only if the number that was asked for has its highest bit."""
        return number + 1 if number & _GO_ON else number

    def read_register(self, number: int) -> int:
        """Read a register; with the last byte of a row it is no longer new."""
        number &= ~_GO_ON
        if _OUT <= number < _OUT + 6:
            if number == _OUT + 5:
                self._status = 0
            return self._row[number - _OUT]
        if number == _WHO_AM_I:
            return 0x3D
        if number == _STATUS:
            return self._status
        if number not in self._values:
            raise self.unknown(number)
        return self._values[number]

    def write_register(self, number: int, value: int) -> None:
        """Write a register; MD and DO begin the samples anew."""
        number &= ~_GO_ON
        if number not in self._values:
            raise self.unknown(number)
        self._values[number] = value
        if number in (_CTRL1, _CTRL3):
            runs = self._values[_CTRL3] & 3 == 0
            self._samples.start(_RATES[self._values[_CTRL1] >> 2 & 7] if runs else Fraction(0))
