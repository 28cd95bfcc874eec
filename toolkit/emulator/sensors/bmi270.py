# SPDX-License-Identifier: Apache-2.0
"""Bosch BMI270: accelerometer, gyroscope and their FIFO. Source: data sheet BST-BMI270-DS000 (DS) 4.4, 5.2.

What a sensor that is not ready yet has in a row of the FIFO is as Bosch's BMI270_SensorAPI expects it.
"""

from __future__ import annotations

import math
from collections import deque
from fractions import Fraction

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.feed import counts
from toolkit.emulator.i2c import RegisterDevice
from toolkit.emulator.peripherals.peripheral import System
from toolkit.emulator.sensors.sensor import Samples, Sensed

_CHIP_ID, _ACC_DATA, _GYR_DATA, _INTERNAL_STATUS = 0x00, 0x0C, 0x12, 0x21
_FIFO_LENGTH_0, _FIFO_LENGTH_1, _FIFO_DATA = 0x24, 0x25, 0x26
_ACC_CONF, _ACC_RANGE, _GYR_CONF, _GYR_RANGE = 0x40, 0x41, 0x42, 0x43
_FIFO_CONFIG_0, _FIFO_CONFIG_1 = 0x48, 0x49
_INIT_CTRL, _INIT_ADDR_0, _INIT_ADDR_1, _INIT_DATA = 0x59, 0x5B, 0x5C, 0x5E
_PWR_CONF, _PWR_CTRL, _CMD = 0x7C, 0x7D, 0x7E
_RESET = {
    _ACC_CONF: 0xA8,
    _ACC_RANGE: 0x02,
    _GYR_CONF: 0xA9,
    _GYR_RANGE: 0x00,
    0x45: 0x88,
    0x46: 0x00,
    0x47: 0x02,
    _FIFO_CONFIG_0: 0x02,
    _FIFO_CONFIG_1: 0x10,
    _INIT_CTRL: 0x90,
    _INIT_ADDR_0: 0x00,
    _INIT_ADDR_1: 0x00,
    _PWR_CONF: 0x03,
    _PWR_CTRL: 0x00,
}
"""The registers that can be written, with their values after a reset (DS 5.2)."""
_STOP_ON_FULL, _HEADER, _INTO_FIFO_ACC, _INTO_FIFO_GYR = 0x01, 0x10, 0x40, 0x80
_POWER_SAVE, _ACC_EN, _GYR_EN = 0x01, 0x04, 0x02
_SOFT_RESET, _FIFO_FLUSH = 0xB6, 0xB0
_INIT_OK, _INIT_ERROR = 1, 2
_CONFIG_BYTES, _FIFO_BYTES = 8192, 2048

# DS 4.4: what follows the end of power save and of the load; DS 2: start-up of each sensor, and noise in g
# and dps a root of Hz, of which half the rate are taken.
_RESET_S, _AWAKE_S, _LOADED_S = Fraction(2, 1000), Fraction(450, 1_000_000), Fraction(20, 1000)
_START_UP_S = {_ACC_EN: Fraction(2, 1000), _GYR_EN: Fraction(45, 1000)}
_ACC_NOISE, _GYR_NOISE = 160e-6, 7e-3
_ODR_25_HZ, _ODR_LAST = 6, {_ACC_EN: 12, _GYR_EN: 13}
_G_OF_RANGE, _DPS_OF_RANGE = (2, 4, 8, 16), (2000, 1000, 500, 250, 125)
_HALF = 32768
# Of a sensor that is not ready yet, in a row without header; and what is read from an empty FIFO.
_NO_ACC, _NO_GYR, _NOTHING = bytes.fromhex("017f00800080"), bytes.fromhex("027f00800080"), (0x00, 0x80)


class Bmi270(RegisterDevice):
    """Its registers. It senses nothing before 8192 bytes came, each in its place and in their order.

    While it leaves power save or a reset it takes nothing and reads as 0. What is fed begins when all that
    is on is ready.
    """

    name = "BMI270"

    def __init__(self, system: System, address: int) -> None:
        super().__init__(address)
        self._system = system
        self._accel = Sensed(system.feeds, "accel", (0.0, 0.0, 1.0))
        self._gyro = Sensed(system.feeds, "gyro", (0.0, 0.0, 0.0))
        self._samples = Samples(system, self._sample)
        self._reset()
        self._deaf_until = 0

    def _reset(self) -> None:
        self._values = dict(_RESET)
        self._loaded_at: int | None = None
        self._status = self._config_bytes = self._place = 0
        self._is_in_order = True
        self._ready_at = 0
        self._data = bytes(12)
        self._fifo: deque[bytes] = deque()
        self._row, self._read_of_row = b"", 0
        self._length = 0
        self._samples.start(Fraction(0))
        self._deaf_for(_RESET_S)

    def _after(self, seconds: Fraction) -> int:
        return self._system.now() + int(seconds * self._system.board.clock.hz)

    def _deaf_for(self, seconds: Fraction) -> None:
        self._deaf_until = self._after(seconds)

    def _power(self) -> int:
        """Return what is on of both sensors: nothing without a configuration."""
        return self._values[_PWR_CTRL] & (_ACC_EN | _GYR_EN) if self._message() == _INIT_OK else 0

    def _message(self) -> int:
        is_due = self._loaded_at is not None and self._system.now() >= self._loaded_at
        return self._status if is_due else 0

    def _begin(self) -> None:
        """Begin the samples anew, as power and rates are now."""
        power = self._power()
        rates = {bit: self._rate(number, bit) for number, bit in self._confs() if power & bit}
        if len(set(rates.values())) > 1:
            raise WrongUseError("BMI270: rows without header need one rate of accelerometer and gyroscope.")
        self._ready_at = self._after(max((_START_UP_S[bit] for bit in rates), default=Fraction(0)))
        self._samples.start(next(iter(rates.values()), Fraction(0)))

    @staticmethod
    def _confs() -> tuple[tuple[int, int], ...]:
        return (_ACC_CONF, _ACC_EN), (_GYR_CONF, _GYR_EN)

    def _rate(self, conf: int, bit: int) -> Fraction:
        odr = self._values[conf] & 0x0F
        if not (1 if bit == _ACC_EN else _ODR_25_HZ) <= odr <= _ODR_LAST[bit]:
            raise WrongUseError(f"BMI270: there is no rate {odr:#x} in register {conf:#04x}.")
        return Fraction(25) * Fraction(2) ** (odr - _ODR_25_HZ)

    def _sample(self) -> None:
        power, rate = self._power(), self._samples.rate_hz
        accel, gyro, root = _NO_ACC, _NO_GYR, math.sqrt(rate / 2)
        if self._system.now() >= self._ready_at:
            if power & _ACC_EN:
                scale = _G_OF_RANGE[self._values[_ACC_RANGE] & 3] / _HALF
                accel = counts(self._accel.take(rate, _ACC_NOISE * root), scale).tobytes()
            if power & _GYR_EN:
                scale = _DPS_OF_RANGE[min(self._values[_GYR_RANGE] & 7, 4)] / _HALF
                gyro = counts(self._gyro.take(rate, _GYR_NOISE * root), scale).tobytes()
            self._data = accel + gyro
        self._store(accel, gyro)

    def _store(self, accel: bytes, gyro: bytes) -> None:
        which = self._values[_FIFO_CONFIG_1]
        row = (gyro if which & _INTO_FIFO_GYR else b"") + (accel if which & _INTO_FIFO_ACC else b"")
        if not row:
            return
        if which & _HEADER:
            raise WrongUseError("the emulator's BMI270 has rows without header alone (fifo_header_en = 0).")
        while (len(self._fifo) + 1) * len(row) > _FIFO_BYTES:
            if self._values[_FIFO_CONFIG_0] & _STOP_ON_FULL:
                return
            self._fifo.popleft()
        self._fifo.append(row)

    def _flush(self) -> None:
        self._fifo.clear()
        self._row, self._read_of_row = b"", 0

    def stop(self) -> None:
        """A row that was read in part is read again; a burst of the configuration begins where it is told."""
        if self._row and (len(self._fifo) + 1) * len(self._row) <= _FIFO_BYTES:
            self._fifo.appendleft(self._row)
        self._row, self._read_of_row = b"", 0
        self._place = self._told_place()

    def _told_place(self) -> int:
        return 2 * (self._values[_INIT_ADDR_0] & 0x0F | self._values[_INIT_ADDR_1] << 4)

    def next_register(self, number: int) -> int:
        """Go on but for the two registers that are the door to a memory."""
        return number if number in (_FIFO_DATA, _INIT_DATA) else number + 1

    def read_register(self, number: int) -> int:
        """Read a register; FIFO_LENGTH_1 is of the moment of FIFO_LENGTH_0."""
        if self._system.now() < self._deaf_until:
            return 0
        if number == _CHIP_ID:
            return 0x24
        if number == _INTERNAL_STATUS:
            return self._message()
        if _ACC_DATA <= number < _ACC_DATA + len(self._data):
            return self._data[number - _ACC_DATA]
        if number == _FIFO_LENGTH_0:
            self._length = sum(map(len, self._fifo))
            return self._length & 0xFF
        if number == _FIFO_LENGTH_1:
            return self._length >> 8
        if number == _FIFO_DATA:
            return self._from_fifo()
        if number not in self._values:
            raise self.unknown(number)
        return self._values[number]

    def _from_fifo(self) -> int:
        if not self._row and self._fifo:
            self._row, self._read_of_row = self._fifo.popleft(), 0
        place = self._read_of_row
        if not self._row or self._values[_PWR_CONF] & _POWER_SAVE:
            self._read_of_row = place + 1
            return _NOTHING[place % 2]
        byte = self._row[place]
        self._read_of_row = place + 1
        if self._read_of_row == len(self._row):
            self._row, self._read_of_row = b"", 0
        return byte

    def write_register(self, number: int, value: int) -> None:
        """Write a register; those of power and rates begin the samples anew."""
        if self._system.now() < self._deaf_until:
            return
        if number == _CMD:
            self._command(value)
        elif number == _INIT_DATA:
            self._take_config()
        elif number not in self._values:
            raise self.unknown(number)
        else:
            self._set(number, value)

    def _command(self, value: int) -> None:
        if value == _SOFT_RESET:
            self._reset()
        elif value == _FIFO_FLUSH:
            self._flush()
        else:
            raise WrongUseError(f"the emulator's BMI270 has no command {value:#04x}.")

    def _set(self, number: int, value: int) -> None:
        leaves_power_save = number == _PWR_CONF and self._values[number] & ~value & _POWER_SAVE
        self._values[number] = value
        if leaves_power_save:
            self._deaf_for(_AWAKE_S)
        if number == _INIT_CTRL:
            self._control_load(value)
        elif number in (_PWR_CTRL, _ACC_CONF, _GYR_CONF):
            self._begin()
        elif number == _FIFO_CONFIG_1:
            self._flush()

    def _take_config(self) -> None:
        """One byte more, which needs the chip awake and a load begun."""
        is_next = self._place == self._config_bytes
        if self._values[_PWR_CONF] & _POWER_SAVE or self._values[_INIT_CTRL] or not is_next:
            self._is_in_order = False
        self._place += 1
        self._config_bytes += 1

    def _control_load(self, value: int) -> None:
        if value == 0:
            self._config_bytes, self._is_in_order = 0, True
        elif value == 1 and self._loaded_at is None:
            is_whole = self._is_in_order and self._config_bytes == _CONFIG_BYTES
            self._status = _INIT_OK if is_whole else _INIT_ERROR
            self._loaded_at = self._after(_LOADED_S)


CHIPS = {"bmi270": Bmi270}
