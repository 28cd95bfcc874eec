# SPDX-License-Identifier: Apache-2.0
"""Bosch BMM150, a magnetometer. Source: data sheet BST-BMM150-DS001-01 Rev 1.0 (DS) 4.2, 4.3 and 5.

What it measures is to be compensated by its own numbers and its Hall resistance: the model measures what,
compensated by the formulas of Bosch's public API in real numbers, is nearest to what is fed.
"""

from __future__ import annotations

from fractions import Fraction

from toolkit.emulator.i2c import RegisterDevice
from toolkit.emulator.peripherals.peripheral import System
from toolkit.emulator.sensors.sensor import Samples, Sensed

_CHIP_ID, _DATA, _STATUS, _POWER, _OPERATION, _INTERRUPTS = 0x40, 0x42, 0x4A, 0x4B, 0x4C, 0x4D
_RESET = {_OPERATION: 0x06, _INTERRUPTS: 0x3F, 0x4E: 0x07, 0x51: 0x00, 0x52: 0x00}
_RATES = [Fraction(each) for each in (10, 2, 6, 8, 15, 20, 25, 30)]
_NORMAL = 0
_READY, _OVERRUN = 0x01, 0x80
_START_UP_S = Fraction(3, 1000)
_EARTH = (0.2, 0.0, -0.4)
_UT_A_GAUSS = 100
_HALL = 6900
# Made up, and like those of real chips: each has its own.
_X1, _Y1, _X2, _Y2, _XY1, _XY2 = -2, 3, 26, 25, 29, -3
_Z1, _Z2, _Z3, _Z4, _XYZ1 = 24747, 763, 5, -10, 7053
_MOST_XY, _MOST_Z = 4095, 16383


def _trim() -> dict[int, int]:
    """Return the registers 0x5D to 0x71."""
    numbers = {0x5D: (_X1, 1), 0x5E: (_Y1, 1), 0x62: (_Z4, 2), 0x64: (_X2, 1), 0x65: (_Y2, 1)}
    numbers |= {0x68: (_Z2, 2), 0x6A: (_Z1, 2), 0x6C: (_XYZ1, 2), 0x6E: (_Z3, 2)}
    numbers |= {0x70: (_XY2, 1), 0x71: (_XY1, 1)}
    found = dict.fromkeys(range(0x5D, 0x72), 0)
    for first, (number, size) in numbers.items():
        for place, byte in enumerate((number & (256**size - 1)).to_bytes(size, "little")):
            found[first + place] = byte
    return found


def raw_of(x: float, y: float, z: float) -> tuple[int, int, int]:
    """Return what the chip measures of a field in uT; the lowest numbers stand for one that is too strong."""
    warm = _XYZ1 * 16384 / _HALL - 16384
    gain = _XY2 * warm**2 / 268435456 + warm * _XY1 / 16384 + 256
    raw_x = (16 * x - 8 * _X1) * 8192 / (gain * (_X2 + 160))
    raw_y = (16 * y - 8 * _Y1) * 8192 / (gain * (_Y2 + 160))
    z_step = (_Z2 + _Z1 * _HALL / 32768) * 4
    raw_z = (16 * z * z_step + _Z3 * (_HALL - _XYZ1)) / 131072 + _Z4
    return _limited(raw_x, _MOST_XY), _limited(raw_y, _MOST_XY), _limited(raw_z, _MOST_Z)


def _limited(value: float, most: int) -> int:
    return round(value) if abs(value) <= most else -most - 1


class Bmm150(RegisterDevice):
    """Its registers, which read as 0 while it is suspended or starts up."""

    name = "BMM150"

    def __init__(self, system: System, address: int) -> None:
        super().__init__(address)
        self._system = system
        self._mag = Sensed(system.feeds, "mag", _EARTH)
        self._samples = Samples(system, self._sample)
        self._values = dict(_RESET)
        self._trim = _trim()
        self._power = 0
        self._awake_at = 0
        self._row = bytes(8)
        self._is_new = self._is_overrun = False

    def _sample(self) -> None:
        field = self._mag.take(self._samples.rate_hz)
        x, y, z = raw_of(*(_UT_A_GAUSS * float(each) for each in field))
        words = (x << 3, y << 3, z << 1, _HALL << 2)
        self._row = b"".join((word & 0xFFFF).to_bytes(2, "little") for word in words)
        self._is_overrun |= self._is_new and bool(self._values[_INTERRUPTS] & _OVERRUN)
        self._is_new = True

    def read_register(self, number: int) -> int:
        """Read a register; the last byte of the data ends that they are new."""
        if number == _POWER:
            return self._power
        if not self._power or self._system.now() < self._awake_at:
            return 0
        if number == _CHIP_ID:
            return 0x32
        if _DATA <= number < _DATA + len(self._row):
            return self._data(number - _DATA)
        if number == _STATUS:
            status, self._is_overrun = _OVERRUN * self._is_overrun, False
            return status
        values = {**self._values, **self._trim}
        if number not in values:
            raise self.unknown(number)
        return values[number]

    def _data(self, place: int) -> int:
        byte = self._row[place] | (_READY if place == 6 and self._is_new else 0)
        if place == len(self._row) - 1:
            self._is_new = False
        return byte

    def write_register(self, number: int, value: int) -> None:
        """Write a register; those of power and operation begin the samples anew, or end them."""
        if number == _POWER:
            if value & 1 and not self._power:
                self._awake_at = self._system.now() + int(_START_UP_S * self._system.board.clock.hz)
            self._power = value & 1
            self._values = dict(_RESET) if not self._power else self._values
        elif number not in self._values:
            raise self.unknown(number)
        elif not self._power or self._system.now() < self._awake_at:
            return
        else:
            self._values[number] = value
        if number in (_POWER, _OPERATION):
            runs = self._power and self._values[_OPERATION] >> 1 & 3 == _NORMAL
            self._is_new = self._is_overrun = False
            self._samples.start(_RATES[self._values[_OPERATION] >> 3 & 7] if runs else Fraction(0))


CHIPS = {"bmm150": Bmm150}
