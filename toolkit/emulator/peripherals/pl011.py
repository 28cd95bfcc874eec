# SPDX-License-Identifier: Apache-2.0
"""ARM's UART, PL011, which several microcontrollers have. Source: ARM DDI 0183G (PL011), 2.4 and 3.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.peripherals.sending import Transmitter, Waiting
from toolkit.emulator.serial_line import Frame

_FIFO_BYTES = 32
_RX, _RT, _FE, _BE, _OE = 1 << 4, 1 << 6, 1 << 7, 1 << 9, 1 << 10
_TIMEOUT_BITS, _FRAME_BITS = 32, 10


class Pl011(Peripheral):
    """The UART, as far as it is ARM's: what the microcontroller adds to it is said by a subclass.

    Not there: the interrupts of sending and of the modem lines.
    """

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def off(self) -> str:
        """Return why the UART cannot be used, "" if it can."""
        raise NotImplementedError

    def clock_hz(self) -> float:
        """Return what its baud rate is divided from; 0 without a clock."""
        raise NotImplementedError

    def pin_problem(self) -> str:
        """Return what is wrong with the pins of the line, "" for nothing."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The instance as the board's file calls it."""
        return self.system.board.uart.instance if self.system.board.uart else "UART"

    def set_up(self) -> None:
        """Define data, flags, divisors, control and interrupts."""
        system = self.system
        self._transmitter, self._waiting = Transmitter(system), Waiting(system)
        self._line_is_right = self._has_overrun = False
        self._divisor = 0
        self._fifo: list[int] = []
        self._raw = 0
        self._timeout: Event | None = None
        self.define(0x000, "DR", on_read=self._take, on_write=self._send)
        self._status = self.define(0x004, "RSR", on_write=self._clear_status)
        self.define(0x018, "FR", writable=0, on_read=self._flags)
        self._ibrd = self.define(0x024, "IBRD", writable=0xFFFF)
        self._fbrd = self.define(0x028, "FBRD", writable=0x3F)
        self._lcrh = self.define(0x02C, "LCR_H", writable=0xFF, on_write=self._take_divisor)
        self.control = self.define(0x030, "CR", 0x300, on_write=self._switch)
        self._levels = self.define(0x034, "IFLS", 0x12, writable=0x3F)
        self._mask = self.define(
            0x038, "IMSC", writable=0x7FF, on_write=lambda _value: self._update_interrupt()
        )
        self.define(0x03C, "RIS", writable=0, on_read=lambda: self._raw)
        self.define(0x040, "MIS", writable=0, on_read=lambda: self._raw & self._mask.value)
        self.define(0x044, "ICR", on_read=lambda: 0, on_write=self._clear)
        hz, has_room = system.board.clock.hz, lambda: len(self._fifo) < self._depth()
        system.line.connect(system.events, system.now, hz, self.receive, has_room)

    def read(self, offset: int, size: int) -> int:
        """Read a register; without clock and power there is nothing to read."""
        self._check_power()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without clock and power there is nothing to write."""
        self._check_power()
        self._line_is_right = self._line_is_right and offset in (0x000, 0x004, 0x044)
        super().write(offset, size, value)

    def _check_power(self) -> None:
        off = self.off()
        if off:
            raise WrongUseError(f"{self.title} is used {off}.")

    def _take_divisor(self, _value: int) -> None:
        self._divisor = 64 * self._ibrd.value + self._fbrd.value

    def _switch(self, _value: int) -> None:
        if self._receives():
            self.system.line.listen()

    def _receives(self) -> bool:
        return self.control.value & 0x201 == 0x201

    def _depth(self) -> int:
        return _FIFO_BYTES if self._lcrh.value >> 4 & 1 else 1

    def _level(self) -> int:
        """How many bytes make the receive interrupt: 1/8, 1/4, 1/2, 3/4 or 7/8 of the FIFO."""
        eighths = (1, 2, 4, 6, 7)[min(self._levels.value >> 3 & 7, 4)]
        return self._depth() * eighths // 8 or 1

    def receive(self, frame: Frame) -> None:
        """Take a frame from the line into the FIFO; the errors of a byte stand beside it."""
        if self.off() or not self._receives():
            return
        if len(self._fifo) >= self._depth():
            self._has_overrun = True
            self._status.value |= 8
            self._raw |= _OE
        else:
            errors = frame.framing << 8 | frame.is_break << 10 | self._has_overrun << 11
            self._has_overrun = False
            self._fifo.append(frame.byte | errors)
            self._raw |= (_FE if frame.framing else 0) | (_BE if frame.is_break else 0)
            self._raw |= _RX if len(self._fifo) >= self._level() else 0
        self._restart_timeout()
        self._update_interrupt()

    def _restart_timeout(self) -> None:
        """RT comes when there are bytes and for 32 bits no new one came."""
        if self._timeout is not None:
            self._timeout.cancel()
        bits = self.system.line.frame_cycles / _FRAME_BITS
        self._timeout = self.system.at(self.system.now() + int(_TIMEOUT_BITS * bits), self._time_out)

    def _time_out(self) -> None:
        self._timeout = None
        if self._fifo:
            self._raw |= _RT
            self._update_interrupt()

    def _update_interrupt(self) -> None:
        self.set_interrupt(bool(self._raw & self._mask.value))

    def _clear(self, value: int) -> None:
        self._raw &= ~value
        self._update_interrupt()

    def _clear_status(self, _value: int) -> None:
        self._status.value = 0

    def _flags(self) -> int:
        busy = self.system.now() < self._transmitter.done_at
        waiting, most = self._transmitter.waiting, self._depth()
        until = self._transmitter.moves_at if waiting >= most else self._transmitter.done_at
        self._waiting.look(not busy or bool(self._fifo), until)
        full = (waiting >= most) << 5 | (len(self._fifo) >= most) << 6
        return busy << 3 | (not self._fifo) << 4 | full | (not waiting) << 7

    def _take(self) -> int:
        if not self._fifo:
            return 0
        value = self._fifo.pop(0)
        self._status.value = self._status.value & 8 | value >> 8 & 7
        self._raw &= ~(_RX if len(self._fifo) < self._level() else 0)
        self._raw &= ~(0 if self._fifo else _RT)
        self._update_interrupt()
        self.system.line.ready()
        return value

    def _send(self, value: int) -> None:
        if self.control.value & 0x101 != 0x101:
            raise WrongUseError(f"{self.title} is written to while CR does not enable sending.")
        if not self._line_is_right:
            self._check_line()
            self._line_is_right = True
        if self._transmitter.waiting >= self._depth():
            raise WrongUseError(f"{self.title}.DR is written while FR says TXFF: a byte is lost.")
        self._transmitter.send(bytes([value & 0xFF]))

    def _check_line(self) -> None:
        measured = 4 * self.clock_hz() / self._divisor if self._divisor else 0.0
        wrong = self.pin_problem() or self.system.line.baud_problem(self.title, measured)
        if self._lcrh.value & 0x6E != 0x60:
            wrong = f"{self.title} is not set to 8N1 as the board's line is."
        if wrong:
            raise WrongUseError(wrong)
