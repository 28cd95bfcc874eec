# SPDX-License-Identifier: Apache-2.0
"""Apollo3 Blue's I2C master, timers A0, B0, A3, B3. Source: its Datasheet, Ambiq DS-A3-0p9p1 (DS)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.i2c import I2cDevice
from toolkit.emulator.peripherals.apollo3 import Gpio, Pwrctrl
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.sensors.registry import devices_on_bus

_DONE, _THRESHOLD, _REFUSED = 1, 2, 16
_FIFO_BYTES = 32
_WRITE, _READ = 1, 2
_CONT = 1 << 7
_BYTE_BITS = 9
_HFRC_HZ = 48_000_000
_CLOCKS = {1: 4, 2: 16, 3: 256, 4: 1024, 5: 4096}
"""What HFRC is divided by, by the number in TMRA3CLK."""
_A3_CLOCK = 0x1F << 1
_A0_REPEATED_B0_COUNTS = 1 << 6 | 2 << 1 | 1 | 6 << 22 | 20 << 17 | 1 << 16
_A3_PACES_B3_COUNTS = 1 << 15 | 1 << 6 | 1 | 6 << 22 | 20 << 17 | 1 << 16


class Iom(Peripheral):
    """IOM (DS, I2C/SPI Master) as an I2C master without DMA, with the time that the bus takes.

    The settings sda and scl are pads with their function, power the bit in DEVPWREN. When the FIFO that is
    read is full, or the one that is written is empty, the clock is held. Behind a command with CONT the bus
    is: the next one starts it again.
    """

    needs: ClassVar[Mapping[str, range]] = {
        **dict.fromkeys(("sda", "scl"), range(50)),
        "function": range(8),
        "power": range(32),
    }
    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define FIFOs, interrupts, clock, command and device."""
        self.devices = devices_on_bus(self.system)
        self._device: I2cDevice | None = None
        self._to_send = bytearray()
        self._received = bytearray()
        self._left = 0
        self._is_writing = self._is_held = self._continues = False
        self._step: Event | None = None
        self.define(0x100, "FIFOPTR", writable=0, on_read=self._sizes)
        self._threshold = self.define(0x104, "FIFOTHR", writable=0x3F3F, on_write=lambda _v: self._look())
        self.define(0x108, "FIFOPOP", writable=0, on_read=self._pop)
        self.define(0x10C, "FIFOPUSH", on_write=self._push)
        self.define(0x110, "FIFOCTRL", 2, writable=3, on_write=self._reset_fifos)
        self._enabled = self.define(0x200, "INTEN", on_write=lambda _v: self._update())
        self._status = self.define(0x204, "INTSTAT", writable=0)
        self.define(0x208, "INTCLR", on_read=lambda: 0, on_write=self._clear)
        self._clock = self.define(0x210, "CLKCFG")
        self._modules = self.define(0x214, "SUBMODCTRL", on_write=self._switch)
        self.define(0x218, "CMD", on_write=self._command)
        self._higher_offset = self.define(0x220, "OFFSETHI", writable=0xFFFF)
        self.define(0x400, "MI2CCFG")
        self._address = self.define(0x404, "DEVCFG", writable=0x3FF)

    def _update(self) -> None:
        self.set_interrupt(bool(self._status.value & self._enabled.value))

    def _raise(self, bits: int) -> None:
        self._status.value |= bits
        self._update()

    def _clear(self, bits: int) -> None:
        self._status.value &= ~bits
        self._look()
        self._update()

    def _look(self) -> None:
        """Raise the threshold's interrupt as long as there is so much room in the FIFO that is written."""
        threshold = self._threshold.value >> 8 & 0x3F
        if self._is_writing and threshold and _FIFO_BYTES - len(self._to_send) >= threshold:
            self._raise(_THRESHOLD)

    def _sizes(self) -> int:
        return len(self._received) << 16 | (_FIFO_BYTES - len(self._to_send)) << 8 | len(self._to_send)

    def _push(self, word: int) -> None:
        if len(self._to_send) + 4 > _FIFO_BYTES:
            raise WrongUseError(f"FIFOPUSH of {self.name} while the FIFO is full.")
        self._to_send += word.to_bytes(4, "little")
        if self._is_writing and self._is_held:
            self._is_held = False
            self._after(_BYTE_BITS, self._send)

    def _pop(self) -> int:
        taken, self._received = self._received[:4], self._received[4:]
        if self._is_held and len(self._received) < _FIFO_BYTES:
            self._is_held = False
            self._after(_BYTE_BITS, self._receive)
        return int.from_bytes(taken, "little")

    def _reset_fifos(self, value: int) -> None:
        if not value & 2:
            self._to_send.clear()
            self._received.clear()

    def _switch(self, value: int) -> None:
        if not value & 1 << 4:
            if self._step is not None:
                self._step.cancel()
            self._step = None
            self._is_writing = self._is_held = self._continues = False
            self._let_go()

    def _let_go(self) -> None:
        if self._device is not None:
            self._device.stop()
            self._device = None

    def _after(self, bits: int, call: Callable[[], None]) -> None:
        clock = self._clock.value
        divider = (1 << (clock >> 8 & 7) - 1) * ((clock >> 24) + 1) * 2
        cycles = math.ceil(bits * divider * self.system.board.clock.hz / _HFRC_HZ)
        self._step = self.system.at(self.system.now() + cycles, call)

    def _check_ready(self) -> None:
        gpio = self.system.models.one(Gpio)
        if not self.system.models.one(Pwrctrl).has_power(self.settings["power"]):
            raise WrongUseError(f"{self.name} is used before PWRCTRL has switched its power on.")
        if not self._clock.value & 1 or not self._modules.value & 1 << 4:
            raise WrongUseError(f"{self.name} is used without its clock, or its I2C master.")
        for line in ("sda", "scl"):
            if gpio.function(self.settings[line]) != self.settings["function"]:
                raise WrongUseError(f"pad {self.settings[line]} is not set to {line.upper()} of {self.name}.")

    def _command(self, value: int) -> None:
        self._check_ready()
        kind, offsets, size = value & 0x1F, value >> 5 & 3, value >> 8 & 0xFFF
        if kind not in (_WRITE, _READ) or not size or (kind == _WRITE and not self._to_send):
            raise WrongUseError(f"CMD of {self.name} is {value:#x}, which the emulator does not have.")
        if self._step is not None or self._is_held:
            raise WrongUseError(f"CMD of {self.name} is written while a command is under way.")
        offset = (self._higher_offset.value << 8 | value >> 24).to_bytes(3, "big")[3 - offsets :]
        self._left, self._is_writing, self._continues = size, kind == _WRITE, bool(value & _CONT)
        bits = 1 + _BYTE_BITS * (1 + len(offset)) + (_BYTE_BITS + 1 if kind == _READ and offset else 0)
        self._after(bits, lambda: self._begin(offset))

    def _begin(self, offset: bytes) -> None:
        self._step = None
        self._device = self.devices.get(self._address.value)
        if self._device is None or not self._device.answers():
            self._refuse()
            return
        if self._is_writing or offset:
            self._device.start(is_read=False)
        if not all(self._device.write(byte) for byte in offset):
            self._refuse()
        elif self._is_writing:
            self._after(_BYTE_BITS, self._send)
        else:
            self._device.start(is_read=True)
            self._after(_BYTE_BITS, self._receive)

    def _refuse(self) -> None:
        self._is_writing = self._continues = False
        self._let_go()
        self._raise(_REFUSED | _DONE)

    def _send(self) -> None:
        self._step = None
        assert self._device is not None
        self._left -= 1
        if not self._device.write(self._to_send.pop(0)):
            self._refuse()
        elif not self._left:
            self._to_send.clear()
            self._end()
        else:
            self._look()
            if self._to_send:
                self._after(_BYTE_BITS, self._send)
            else:
                self._is_held = True

    def _receive(self) -> None:
        self._step = None
        assert self._device is not None
        self._received.append(self._device.read())
        self._left -= 1
        if len(self._received) == self._threshold.value & 0x3F:
            self._raise(_THRESHOLD)
        if not self._left:
            self._end()
        elif len(self._received) == _FIFO_BYTES:
            self._is_held = True
        else:
            self._after(_BYTE_BITS, self._receive)

    def _end(self) -> None:
        self._is_writing = False
        if not self._continues:
            self._let_go()
        self._raise(_DONE)


@dataclass(frozen=True)
class Pace:
    """Timer A3 as it runs: since when, and how many core cycles a turn takes."""

    start: int
    cycles: int

    def turns(self, now: int) -> int:
        """Return how many turns have ended."""
        return (now - self.start) // self.cycles

    def end_of(self, turn: int) -> int:
        """Return when a turn ends, counted from 1."""
        return self.start + turn * self.cycles


class Ctimer(Peripheral):
    """CTIMER (DS, Counter/Timer): timer A0, repeated, with its interrupt; A3, which paces the ADC; B0 and B3.

    A3 runs repeated. B0 and B3 count the turns of A0 and A3. on_pace hears of each start and stop of A3.
    """

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define the timers' counters, compare values, controls and interrupts."""
        self._event: Event | None = None
        self._since = self._turns = 0
        self.pace: Pace | None = None
        self.on_pace: Callable[[], None] = lambda: None
        self.define(0x000, "TMR0", writable=0, on_read=self._count)
        self._compare = self.define(0x004, "CMPRA0")
        self._control = self.define(0x00C, "CTRL0", on_write=self._switch)
        self.define(0x060, "TMR3", writable=0, on_read=self._count_3)
        self._compare_3 = self.define(0x064, "CMPRA3")
        self._control_3 = self.define(0x06C, "CTRL3", on_write=self._switch_3)
        self._enabled = self.define(0x200, "INTEN", on_write=lambda _v: self._update())
        self._status = self.define(0x204, "INTSTAT", writable=0)
        self.define(0x208, "INTCLR", on_read=lambda: 0, on_write=self._clear)

    def _switch_3(self, value: int) -> None:
        self.pace = None
        if value & 1:
            if value & ~_A3_CLOCK != _A3_PACES_B3_COUNTS or value >> 1 & 0x1F not in _CLOCKS:
                raise WrongUseError("timer A3 runs repeated, for the ADC, and B3 counts it, in the emulator.")
            counts = (self._compare_3.value & 0xFFFF) + 1
            cycles = counts * _CLOCKS[value >> 1 & 0x1F] * self.system.board.clock.hz // _HFRC_HZ
            self.pace = Pace(self.system.now(), cycles)
        self.on_pace()

    def _count_3(self) -> int:
        if self.pace is None:
            return 0
        now = self.system.now()
        turns = self.pace.turns(now)
        within = now - self.pace.end_of(turns)
        return (turns & 0xFFFF) << 16 | within * ((self._compare_3.value & 0xFFFF) + 1) // self.pace.cycles

    def _update(self) -> None:
        self.set_interrupt(bool(self._status.value & self._enabled.value))

    def _clear(self, bits: int) -> None:
        self._status.value &= ~bits
        self._update()

    def _switch(self, value: int) -> None:
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if value & 1:
            if value & ~(1 << 9) != _A0_REPEATED_B0_COUNTS:
                raise WrongUseError(
                    "timer A0 runs repeated, at HFRC / 16, and B0 counts it, in the emulator."
                )
            self._turns = 0
            self._plan(self.system.now())

    def _count(self) -> int:
        if self._event is None:
            return 0
        within = (self.system.now() - self._since) * _HFRC_HZ // (16 * self.system.board.clock.hz)
        return (self._turns & 0xFFFF) << 16 | within

    def _plan(self, start: int) -> None:
        self._since = start
        counts = (self._compare.value & 0xFFFF) + 1
        when = start + counts * 16 * self.system.board.clock.hz // _HFRC_HZ
        self._event = self.system.at(when, lambda: self._reach(when))

    def _reach(self, when: int) -> None:
        self._turns += 1
        self._plan(when)
        if self._control.value & 1 << 9:
            self._status.value |= 1
            self._update()


MODELS: dict[str, type[Peripheral]] = {"apollo3_ctimer": Ctimer, "apollo3_iom": Iom}
