# SPDX-License-Identifier: Apache-2.0
"""The nRF52840's PDM, which a microphone is on. Source: nRF52840 Product Specification v1.7 (PS) 6.15."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.nrf52 import Gpio
from toolkit.emulator.peripherals.nrf52_buffered import Buffered
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral
from toolkit.emulator.sensors.microphone import Microphone

_STARTED, _STOPPED, _END = 0, 1, 2
_EVENTS = ("STARTED", "STOPPED", "END")
_GAIN_0_DB = 0x28
_RATIOS = (64, 80)
# PS 6.15.6, PDMCLKCTRL: the rates of the clock to the microphone.
_CLOCKS = {
    0x08000000: Fraction(1_000_000),
    0x08400000: Fraction(1_032_000),
    0x08800000: Fraction(1_067_000),
    0x09800000: Fraction(1_231_000),
    0x0A000000: Fraction(1_280_000),
    0x0A800000: Fraction(1_333_000),
}


class Pdm(Buffered):
    """PDM in mono with EasyDMA: a buffer is written at its end. The board's [defines] say the pins.

    The address of the next buffer is taken when one begins; who does not write it gets the same again.
    """

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define tasks, events, clock, gains, pins and the buffer."""
        self.microphone = Microphone(self.system.feeds)
        self._end_event: Event | None = None
        self._buffer = (0, 0)
        self._is_over = False
        self.define(0x000, "TASKS_START", on_read=lambda: 0, on_write=_task(self._start))
        self.define(0x004, "TASKS_STOP", on_read=lambda: 0, on_write=_task(self._stop))
        self.define_events(_EVENTS)
        self._enable = self.define(0x500, "ENABLE", writable=1)
        self._clock = self.define(0x504, "PDMCLKCTRL", 0x08400000)
        self._mode = self.define(0x508, "MODE", writable=3)
        self._gain = self.define(0x518, "GAINL", _GAIN_0_DB, writable=0x7F)
        self.define(0x51C, "GAINR", _GAIN_0_DB, writable=0x7F)
        self._ratio = self.define(0x520, "RATIO", writable=1)
        self._clk = self.define(0x540, "PSEL.CLK", WORD)
        self._din = self.define(0x544, "PSEL.DIN", WORD)
        self._pointer = self.define(0x560, "SAMPLE.PTR")
        self._most = self.define(0x564, "SAMPLE.MAXCNT", writable=0x7FFF)

    def _check_ready(self) -> None:
        if self._enable.value != 1:
            raise WrongUseError(f"{self.name} is used while ENABLE is 0.")
        if self._mode.value & 1 == 0:
            raise WrongUseError(f"{self.name} is in stereo; the emulator has one microphone.")
        if self._clock.value not in _CLOCKS:
            raise WrongUseError(f"PDMCLKCTRL of {self.name} is {self._clock.value:#x}: no rate of PS.")
        for register, pin in ((self._clk, "clock"), (self._din, "data")):
            if register.value != self._pin(pin):
                raise WrongUseError(f"the {pin} pin of {self.name} is {register.value:#x}, not the board's.")

    def _pin(self, name: str) -> int | None:
        given = self.system.board.defines
        if f"pdm_{name}_pin" not in given:
            return None
        return 32 * given[f"pdm_{name}_port"] + given[f"pdm_{name}_pin"]

    @property
    def rate_hz(self) -> Fraction:
        """How many samples a second come."""
        return _CLOCKS[self._clock.value] / _RATIOS[self._ratio.value]

    def _start(self) -> None:
        self._check_ready()
        if self._end_event is None:
            self._is_over = False
            self._begin_buffer()

    def _begin_buffer(self) -> None:
        self._buffer = (self._pointer.value, self._most.value)
        samples = max(1, self._buffer[1])
        when = self.system.now() + math.ceil(samples * self.system.board.clock.hz / self.rate_hz)
        self._end_event = self.system.at(when, self._end_buffer)
        self.event(_STARTED)

    def _end_buffer(self) -> None:
        self._end_event = None
        pointer, samples = self._buffer
        gain_db = (self._gain.value - _GAIN_0_DB) / 2
        self.system.write_memory(
            pointer, self.microphone.take(samples, self.rate_hz, gain_db, is_on=self._is_powered())
        )
        self.event(_END)
        if self._is_over:
            self.event(_STOPPED)
        else:
            self._begin_buffer()

    def _is_powered(self) -> bool:
        pin = self._pin("power")
        ports = sorted(self.system.models.every(Gpio), key=lambda port: port.base)
        return pin is None or ports[pin // 32].drives_high(pin % 32)

    def _stop(self) -> None:
        if self._end_event is None:
            self.event(_STOPPED)
        self._is_over = True


def _task(run: Callable[[], None]) -> Callable[[int], None]:
    return lambda value: run() if value & 1 else None


MODELS: dict[str, type[Peripheral]] = {"nrf52_pdm": Pdm}
