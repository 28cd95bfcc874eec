# SPDX-License-Identifier: Apache-2.0
"""The nRF52840's SAADC. Source: nRF52840 Product Specification v1.7 (PS) 6.23."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.nrf52_buffered import Buffered
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.sensors.analog import AnalogPin

_STARTED, _END, _DONE, _RESULTDONE, _CALIBRATEDONE, _STOPPED = range(6)
_EVENTS = ("STARTED", "END", "DONE", "RESULTDONE", "CALIBRATEDONE", "STOPPED")
_REFERENCE_MV = 600
_GAINS = ((1, 6), (1, 5), (1, 4), (1, 3), (1, 2), (1, 1), (2, 1), (4, 1))
_ACQUISITION_US = (3, 5, 10, 15, 20, 40)
_CONVERSION_US = 2
_CALIBRATION_US = 100
"""Nordic does not say how long; a board may take another time."""
_BITS = (8, 10, 12, 14)


class Saadc(Buffered):
    """SAADC with its channel 0, one end of it at ground, sampled by the task SAMPLE into RAM by EasyDMA.

    A SAMPLE while a conversion runs, or without a buffer, is refused: on a board it is lost. START behind a
    calibration without STOP is refused too: anomaly 86 of the nRF52832 writes a sample that nobody asked for.
    """

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define tasks, events, channel 0 and the buffer."""
        self._pin = AnalogPin(self.system)
        self._filled = 0
        self._buffer: tuple[int, int] | None = None
        self._is_converting = self._is_calibrated = False
        for offset, name, task in (
            (0x000, "START", self._start),
            (0x004, "SAMPLE", self._sample),
            (0x008, "STOP", self._stop),
            (0x00C, "CALIBRATEOFFSET", self._calibrate),
        ):
            self.define(offset, f"TASKS_{name}", on_read=lambda: 0, on_write=_task(task))
        self.define_events(_EVENTS)
        self._enable = self.define(0x500, "ENABLE", writable=1)
        self._input = self.define(0x510, "CH[0].PSELP", writable=0x1F)
        self._config = self.define(0x518, "CH[0].CONFIG", 0x20000, writable=0x01171733)
        self._resolution = self.define(0x5F0, "RESOLUTION", 1, writable=7)
        self._oversample = self.define(0x5F4, "OVERSAMPLE", writable=0xF)
        self._rate = self.define(0x5F8, "SAMPLERATE", writable=0x17FF)
        self._pointer = self.define(0x62C, "RESULT.PTR")
        self._most = self.define(0x630, "RESULT.MAXCNT", writable=0x7FFF)
        self._amount = self.define(0x634, "RESULT.AMOUNT", writable=0)

    def _after(self, us: float, call: Callable[[], None]) -> None:
        cycles = math.ceil(us * self.system.board.clock.hz / 1_000_000)
        self.system.at(self.system.now() + cycles, call)

    def _check_ready(self) -> None:
        if self._enable.value != 1:
            raise WrongUseError(f"{self.name} is used while ENABLE is 0.")

    def _start(self) -> None:
        self._check_ready()
        pointer, most = self._pointer.value, self._most.value
        if self._is_calibrated:
            raise WrongUseError(f"{self.name} is started behind a calibration, without STOP between.")
        if not most or not 0x20000000 <= pointer <= 0x20040000 - 2 * most:
            raise WrongUseError(
                f"{self.name} writes {most} samples to {pointer:#010x}; EasyDMA reaches RAM only."
            )
        self._buffer, self._filled = (pointer, most), 0
        self.event(_STARTED)

    def _calibrate(self) -> None:
        self._check_ready()
        if self._buffer is not None:
            raise WrongUseError(f"{self.name} is calibrated while it samples (anomaly 252 of the nRF52832).")
        self._is_calibrated = True
        self._after(_CALIBRATION_US, lambda: self.event(_CALIBRATEDONE))

    def _stop(self) -> None:
        self._buffer = None
        self._pin.restart()
        self._is_calibrated = self._is_converting = False
        self._after(1, lambda: self.event(_STOPPED))

    def _sample(self) -> None:
        self._check_ready()
        self._check_channel()
        if self._buffer is None or self._is_converting:
            why = "has no buffer" if self._buffer is None else "still converts"
            raise WrongUseError(f"{self.name} is asked for a sample while it {why}: it is lost.")
        top, bottom = _GAINS[self._config.value >> 8 & 7]
        count = self._pin.sample(_REFERENCE_MV * bottom // top, _BITS[self._resolution.value])
        self._is_converting = True
        us = _ACQUISITION_US[self._config.value >> 16 & 7] + _CONVERSION_US
        self._after(us, lambda: self._store(count))

    def _check_channel(self) -> None:
        wanted = self.system.board.defines.get("analog_input", -1) + 1
        wrong = ""
        if self._input.value != wanted:
            wrong = f"CH[0].PSELP of {self.name} is {self._input.value}, the board's pin is {wanted}."
        elif self._config.value & 0x01101033:
            wrong = f"CH[0].CONFIG of {self.name} is {self._config.value:#x}: no pin against the 0.6 V alone."
        elif self._oversample.value or self._rate.value or self._resolution.value >= len(_BITS):
            wrong = f"{self.name} averages, or paces itself; the emulator's samples when it is told to."
        if wrong:
            raise WrongUseError(wrong)

    def _store(self, count: int) -> None:
        if not self._is_converting or self._buffer is None:
            return
        self._is_converting = False
        pointer, most = self._buffer
        self.system.write_memory(pointer + 2 * self._filled, count.to_bytes(2, "little"))
        self._filled += 1
        self._amount.value = self._filled
        self.event(_DONE)
        self.event(_RESULTDONE)
        if self._filled == most:
            self._buffer = None
            self.event(_END)


def _task(run: Callable[[], None]) -> Callable[[int], None]:
    return lambda value: run() if value & 1 else None


MODELS: dict[str, type[Peripheral]] = {"nrf52_saadc": Saadc}
