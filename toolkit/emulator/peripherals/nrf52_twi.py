# SPDX-License-Identifier: Apache-2.0
"""The nRF52840's TWI, I2C without EasyDMA. Source: nRF52840 Product Specification v1.7 (PS) 6.29."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.i2c import I2cDevice
from toolkit.emulator.peripherals.nrf52 import Gpio
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral
from toolkit.emulator.sensors.registry import devices_on_bus

_STOPPED, _RXDREADY, _TXDSENT, _ERROR = 1, 2, 7, 9
_EVENTS = {"STOPPED": _STOPPED, "RXDREADY": _RXDREADY, "TXDSENT": _TXDSENT, "ERROR": _ERROR}
_BB_SUSPEND, _BB_STOP = 1, 2
_OVERRUN, _NO_ADDRESS, _NO_DATA = 1, 2, 4
_ENABLED = 5
_BYTE_BITS, _START_BITS, _STOP_BITS = 9, 1, 1


class Twi(Peripheral):
    """TWI as a master, with the time that the bus takes; the board's sensors are on it.

    The settings sda and scl are the pins as PSEL has them, power and pull_up those that must be high for
    anything to answer. The boundary before each byte (BB) is where the shortcuts suspend or stop. While it is
    suspended the clock is held, and nothing is overrun. A byte that is not
    acknowledged is said to be sent too.
    """

    needs: ClassVar[Mapping[str, range]] = {"sda": range(64), "scl": range(64)}
    may: ClassVar[Mapping[str, range]] = {"irq": range(240), "power": range(64), "pull_up": range(64)}

    def set_up(self) -> None:
        """Define tasks, events, pins and speed."""
        self.devices = devices_on_bus(self.system)
        self._device: I2cDevice | None = None
        self._step: Event | None = None
        self._is_reading = self._is_suspended = self._stops = False
        self._to_send: int | None = None
        self._is_unread = False
        self._inten = 0
        self._held_for = 0
        self._clock_is_low = False
        for offset, name, task in (
            (0x000, "STARTRX", self._start_reading),
            (0x008, "STARTTX", self._start_writing),
            (0x014, "STOP", self._stop),
            (0x020, "RESUME", self._resume),
        ):
            self.define(offset, f"TASKS_{name}", on_read=lambda: 0, on_write=_task(task))
        self._happened = {
            bit: self.define(0x100 + 4 * bit, f"EVENTS_{name}", writable=1, on_write=self._update_interrupt)
            for name, bit in _EVENTS.items()
        }
        self._shorts = self.define(0x200, "SHORTS", writable=3)
        self.define(0x304, "INTENSET", on_read=lambda: self._inten, on_write=lambda v: self._ask(v, 0))
        self.define(0x308, "INTENCLR", on_read=lambda: self._inten, on_write=lambda v: self._ask(0, v))
        self._errors = self.define(0x4C4, "ERRORSRC")
        self._enable = self.define(0x500, "ENABLE", writable=0xF, on_write=self._switch)
        self._scl = self.define(0x508, "PSEL.SCL", WORD)
        self._sda = self.define(0x50C, "PSEL.SDA", WORD)
        self._rxd = self.define(0x518, "RXD", writable=0, on_read=self._take)
        self.define(0x51C, "TXD", writable=0xFF, on_write=self._send)
        self._frequency = self.define(0x524, "FREQUENCY", 0x04000000)
        self._address = self.define(0x588, "ADDRESS", writable=0x7F)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; ones clear the bits of ERRORSRC."""
        if offset == 0x4C4:
            self._errors.value &= ~value
        else:
            super().write(offset, size, value)

    def _ask(self, ones: int, zeros: int) -> None:
        self._inten = (self._inten | ones) & ~zeros
        self._update_interrupt(0)

    def _update_interrupt(self, _value: int) -> None:
        self.set_interrupt(any(self._inten >> bit & 1 and r.value for bit, r in self._happened.items()))

    def _event(self, bit: int) -> None:
        self._happened[bit].value = 1
        self._update_interrupt(0)

    def _switch(self, value: int) -> None:
        if value != _ENABLED:
            self._let_go()
            if self._step is not None:
                self._step.cancel()
                self._step = None
            self._is_suspended = self._stops = self._is_unread = False
            self._to_send = None

    def hold_data(self, clocks: int) -> None:
        """Let a device hold the data line until it has seen so many clocks: nothing starts meanwhile."""
        port = self._ports()[self.settings["scl"] // 32]
        if not self._held_for:
            port.on_change.append(self._see_clock)
        self._held_for = clocks
        if self._step is not None:
            self._step.cancel()
            self._step = None

    def _see_clock(self) -> None:
        is_low = self._ports()[self.settings["scl"] // 32].drives_low(self.settings["scl"] % 32)
        if self._clock_is_low and not is_low and self._enable.value != _ENABLED:
            self._held_for = max(0, self._held_for - 1)
        self._clock_is_low = is_low

    def _ports(self) -> list[Gpio]:
        return sorted(self.system.models.every(Gpio), key=lambda port: port.base)

    def _check_ready(self) -> None:
        if self._enable.value != _ENABLED:
            raise WrongUseError(f"{self.name} is used while ENABLE is {self._enable.value}, not {_ENABLED}.")
        for register, name in ((self._scl, "scl"), (self._sda, "sda")):
            if register.value != self.settings[name]:
                raise WrongUseError(
                    f"PSEL.{name.upper()} of {self.name} is {register.value:#x}, the board's pin is another."
                )

    def _after(self, bits: int, call: Callable[[], None]) -> None:
        if self._held_for:
            return
        hertz = self._frequency.value * 16e6 / 2**32
        when = self.system.now() + math.ceil(bits * self.system.board.clock.hz / hertz)
        self._step = self.system.at(when, call)

    def _answers(self) -> I2cDevice | None:
        ports = self._ports()
        for name in ("power", "pull_up"):
            pin = self.settings.get(name)
            if pin is not None and not ports[pin // 32].drives_high(pin % 32):
                return None
        device = self.devices.get(self._address.value)
        return device if device is not None and device.answers() else None

    def _begin(self, *, is_read: bool, then: Callable[[], None]) -> None:
        self._check_ready()
        if self._stops:
            raise WrongUseError(f"{self.name} starts while it stops.")
        self._is_reading, self._is_suspended = is_read, False
        self._to_send = None
        self._after(_START_BITS + _BYTE_BITS, lambda: self._address_sent(then))

    def _address_sent(self, then: Callable[[], None]) -> None:
        self._step = None
        self._device = self._answers()
        if self._device is None:
            self._errors.value |= _NO_ADDRESS
            self._event(_ERROR)
            if self._stops:
                self._end()
            return
        self._device.start(is_read=self._is_reading)
        then()

    def _let_go(self) -> None:
        if self._device is not None:
            self._device.stop()
            self._device = None

    def _start_writing(self) -> None:
        self._begin(is_read=False, then=self._send_next)

    def _send(self, value: int) -> None:
        if self._to_send is not None:
            raise WrongUseError(f"{self.name} gets a byte to send while it has one.")
        self._to_send = value
        if self._device is not None and not self._is_reading and self._step is None:
            self._send_next()

    def _send_next(self) -> None:
        if self._stops:
            self._end()
        elif self._to_send is not None:
            self._after(_BYTE_BITS, self._sent)

    def _sent(self) -> None:
        self._step = None
        assert self._device is not None and self._to_send is not None
        is_taken = self._device.write(self._to_send)
        self._to_send = None
        if not is_taken:
            self._errors.value |= _NO_DATA
            self._happened[_ERROR].value = 1
        self._event(_TXDSENT)
        if self._stops:
            self._end()

    def _start_reading(self) -> None:
        self._is_unread = False
        self._begin(is_read=True, then=self._receive_next)

    def _receive_next(self) -> None:
        if self._shorts.value & _BB_STOP:
            self._stops = True
        self._after(_BYTE_BITS, self._received)

    def _received(self) -> None:
        self._step = None
        assert self._device is not None
        if self._is_unread:
            self._errors.value |= _OVERRUN
            self._event(_ERROR)
        self._rxd.value = self._device.read()
        self._is_unread = True
        self._event(_RXDREADY)
        if self._stops:
            self._end()
        elif self._shorts.value & _BB_SUSPEND:
            self._is_suspended = True
        else:
            self._receive_next()

    def _take(self) -> int:
        self._is_unread = False
        return self._rxd.value

    def _resume(self) -> None:
        if self._is_suspended:
            self._is_suspended = False
            self._receive_next()

    def _stop(self) -> None:
        self._check_ready()
        self._stops = True
        if self._step is None and not self._is_suspended:
            self._end()

    def _end(self) -> None:
        self._let_go()
        self._after(_STOP_BITS, self._stopped)

    def _stopped(self) -> None:
        self._step = None
        self._stops = False
        self._event(_STOPPED)


def _task(run: Callable[[], None]) -> Callable[[int], None]:
    return lambda value: run() if value & 1 else None


MODELS: dict[str, type[Peripheral]] = {"nrf52_twi": Twi}
