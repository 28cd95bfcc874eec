# SPDX-License-Identifier: Apache-2.0
"""ST LSM9DS1: accelerometer and gyroscope with their FIFO. Source: data sheet DocID025715 Rev 3 (DS)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction

from toolkit.emulator.feed import counts
from toolkit.emulator.i2c import I2cDevice, RegisterDevice
from toolkit.emulator.peripherals.peripheral import System
from toolkit.emulator.sensors.lsm9ds1_mag import Lsm9ds1Mag
from toolkit.emulator.sensors.sensor import Samples, Sensed

_WHO_AM_I, _CTRL1_G, _STATUS_1, _OUT_G, _OUT_G_END = 0x0F, 0x10, 0x17, 0x18, 0x1D
_CTRL6_XL, _CTRL8, _CTRL9, _STATUS_2, _OUT_XL, _OUT_XL_END = 0x20, 0x22, 0x23, 0x27, 0x28, 0x2D
_FIFO_CTRL, _FIFO_SRC = 0x2E, 0x2F
_RESET = {
    _CTRL1_G: 0x00,
    0x11: 0x00,
    0x12: 0x00,
    0x13: 0x00,
    0x1E: 0x38,
    0x1F: 0x38,
    _CTRL6_XL: 0x00,
    0x21: 0x00,
    _CTRL8: 0x04,
    _CTRL9: 0x00,
    _FIFO_CTRL: 0x00,
}
"""The registers that can be written, with their values after a reset (DS table 21)."""
_FIFO_ROWS = 32
_FIFO_EN, _SW_RESET, _IF_ADD_INC = 0x02, 0x01, 0x04
_CONTINUOUS, _FIFO_MODE = 6, 1
_XLDA, _GDA = 1, 2
_RESET_READS = 2
_LOWEST = bytes((0x00, 0x80)) * 6

# DS tables 46 and 68: by ODR from 1 on. The gyroscope sets the rate of both.
_RATES_TOGETHER = [Fraction(each) for each in ("14.9", "59.5", "119", "238", "476", "952")]
_RATES_ALONE = [Fraction(each) for each in (10, 50, 119, 238, 476, 952)]
# DS, Accelerometer turn-on time, by the bandwidth of each ODR, and Gyroscope turn-on time; the first row that
# goes into the FIFO is to be discarded too.
_UNSETTLED_TOGETHER, _UNSETTLED_ALONE = (2, 3, 3, 4, 5, 8), (1, 1, 2, 2, 2, 2)
# DS table 3: units a count, by FS.
_ACCEL_SCALES = (0.061e-3, 0.732e-3, 0.122e-3, 0.244e-3)
_GYRO_SCALES = (8.75e-3, 17.5e-3, 8.75e-3, 70e-3)


class Lsm9ds1(RegisterDevice):
    """WHO_AM_I, the control registers, the outputs and the FIFO (DS 7).

    A row in the FIFO has both; it is let go when its last byte was read, the accelerometer's OUT_Z. From
    there a read goes on at the first output register (DS 3.4). Behind a start some rows are as low as they
    can be, until it has settled; what is fed begins then.
    """

    name = "LSM9DS1"

    def __init__(self, system: System, address: int) -> None:
        super().__init__(address)
        self._accel = Sensed(system.feeds, "accel", (0.0, 0.0, 1.0))
        self._gyro = Sensed(system.feeds, "gyro", (0.0, 0.0, 0.0))
        self._samples = Samples(system, self._sample)
        self._reset()

    def _reset(self) -> None:
        self._values = dict(_RESET)
        self._fifo: deque[bytes] = deque()
        self._last = bytes(12)
        self._is_overrun = False
        self._is_new = 0
        self._reset_reads = 0
        self._samples.start(Fraction(0))

    @property
    def _gyro_runs(self) -> bool:
        return self._values[_CTRL1_G] >> 5 != 0

    @property
    def _accel_runs(self) -> bool:
        return self._values[_CTRL6_XL] >> 5 != 0

    @property
    def _uses_fifo(self) -> bool:
        mode = self._values[_FIFO_CTRL] >> 5
        return bool(self._values[_CTRL9] & _FIFO_EN) and mode in (_CONTINUOUS, _FIFO_MODE)

    def _begin(self) -> None:
        odr_g, odr_xl = self._values[_CTRL1_G] >> 5, self._values[_CTRL6_XL] >> 5
        if odr_g not in (0, 7):
            self._samples.start(_RATES_TOGETHER[odr_g - 1], _UNSETTLED_TOGETHER[odr_g - 1])
        elif odr_xl not in (0, 7):
            self._samples.start(_RATES_ALONE[odr_xl - 1], _UNSETTLED_ALONE[odr_xl - 1])
        else:
            self._samples.start(Fraction(0))

    def _sample(self) -> None:
        rate, is_settled = self._samples.rate_hz, self._samples.is_settled
        row = bytearray(12 if is_settled else _LOWEST)
        if self._gyro_runs and is_settled:
            scale = _GYRO_SCALES[self._values[_CTRL1_G] >> 3 & 3]
            row[:6] = counts(self._gyro.take(rate), scale).tobytes()
        if self._accel_runs and is_settled:
            scale = _ACCEL_SCALES[self._values[_CTRL6_XL] >> 3 & 3]
            row[6:] = counts(self._accel.take(rate), scale).tobytes()
        self._is_new |= _GDA * self._gyro_runs | _XLDA * self._accel_runs
        self._last = bytes(row)
        if self._uses_fifo:
            self._store()

    def _store(self) -> None:
        if len(self._fifo) == _FIFO_ROWS:
            self._is_overrun = True
            if self._values[_FIFO_CTRL] >> 5 == _FIFO_MODE:
                return
            self._fifo.popleft()
        self._fifo.append(self._last)

    def read_register(self, number: int) -> int:
        """Read a register; the last byte of a row takes it from the FIFO."""
        if _OUT_G <= number <= _OUT_G_END or _OUT_XL <= number <= _OUT_XL_END:
            return self._read_output(number)
        if number == _WHO_AM_I:
            return 0x68
        if number in (_STATUS_1, _STATUS_2):
            return self._is_new
        if number == _FIFO_SRC:
            return self._is_overrun << 6 | len(self._fifo)
        if number not in self._values:
            raise self.unknown(number)
        if number == _CTRL8 and self._reset_reads:
            self._reset_reads -= 1
            return self._values[number] | _SW_RESET
        return self._values[number]

    def _read_output(self, number: int) -> int:
        row = self._fifo[0] if self._fifo else self._last
        is_accel = number >= _OUT_XL
        self._is_new &= ~(_XLDA if is_accel else _GDA)
        byte = row[number - _OUT_XL + 6 if is_accel else number - _OUT_G]
        if number == (_OUT_XL_END if self._accel_runs else _OUT_G_END) and self._fifo:
            self._fifo.popleft()
            self._is_overrun = False
        return byte

    def next_register(self, number: int) -> int:
        """Go on as DS 3.4 says of reads of several registers."""
        if not self._values[_CTRL8] & _IF_ADD_INC:
            return number
        if number == _OUT_G_END:
            return _OUT_XL if self._accel_runs else _OUT_G
        if number == _OUT_XL_END:
            return _OUT_G if self._gyro_runs else _OUT_XL
        return number + 1

    def write_register(self, number: int, value: int) -> None:
        """Write a register; another rate begins the samples anew."""
        if number not in self._values:
            raise self.unknown(number)
        if number == _CTRL8 and value & _SW_RESET:
            self._reset()
            self._reset_reads = _RESET_READS
            value &= ~_SW_RESET
        self._values[number] = value
        if number in (_CTRL1_G, _CTRL6_XL):
            self._begin()
        if not self._uses_fifo:
            self._fifo.clear()
            self._is_overrun = False


def _chip_at(system: System, address: int) -> I2cDevice:
    """Return what is at one of the addresses of the package (DS tables 19 and 20)."""
    return Lsm9ds1Mag(system, address) if address in (0x1C, 0x1E) else Lsm9ds1(system, address)


CHIPS: dict[str, Callable[[System, int], I2cDevice]] = {"lsm9ds1": _chip_at}
