# SPDX-License-Identifier: Apache-2.0
"""Apollo3 Blue, as far as our port uses it. Source: Apollo3 Blue Datasheet, Ambiq DS-A3-0p9p1 (DS)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.peripheral import Peripheral, Register, Settling
from toolkit.emulator.peripherals.sending import Transmitter, Waiting
from toolkit.emulator.serial_line import Frame

_UART0_POWER = 1 << 7
_PADS = 50


class Clkgen(Peripheral):
    """CLKGEN (DS, Clock Generator): CCTRL takes a value only while the key stands in CLKKEY."""

    def set_up(self) -> None:
        """Define CLKKEY and CCTRL."""
        self._key = self.define(0x014, "CLKKEY")
        self.define(0x018, "CCTRL", 1, writable=1, on_write=self._check_key)

    def _check_key(self, _value: int) -> None:
        if self._key.value != 0x47:
            raise WrongUseError("CLKGEN.CCTRL is written without the key 0x47 in CLKKEY.")


class Pwrctrl(Peripheral):
    """PWRCTRL (DS, Power Control): a domain is on some time after it was asked for."""

    def set_up(self) -> None:
        """Define DEVPWREN, MEMPWREN and DEVPWRSTATUS."""
        self._domain = Settling()
        self.define(0x008, "DEVPWREN", on_write=self._switch)
        self.define(0x010, "MEMPWREN", 0xC0003FFF)
        self.define(0x018, "DEVPWRSTATUS", writable=0, on_read=lambda: 4 if self._domain.look() else 0)

    def _switch(self, value: int) -> None:
        if value & _UART0_POWER:
            self._domain.start()
        else:
            self._domain.stop()

    @property
    def uart_has_power(self) -> bool:
        """Whether the UART's domain is on."""
        return self._domain.is_done


class Cachectrl(Peripheral):
    """CACHECTRL (DS, Flash Cache): ready a while after each invalidation."""

    def set_up(self) -> None:
        """Define CACHECFG and CTRL."""
        self._ready = Settling()
        self._ready.start()
        self.define(0x000, "CACHECFG")
        self.define(0x008, "CTRL", on_read=lambda: 4 if self._ready.look() else 0, on_write=self._invalidate)

    def _invalidate(self, value: int) -> None:
        if value & 1:
            self._ready.stop()
            self._ready.start()


class Gpio(Peripheral):
    """GPIO (DS, GPIO and Pad Configuration): pads behind PADKEY, and the output words.

    The settings led_0 ... are the pads that LEDs hang on: a bar, whose brightness is their mean.
    """

    may: ClassVar[Mapping[str, range]] = {f"led_{number}": range(_PADS) for number in range(10)}

    def set_up(self) -> None:
        """Define PADREG, CFG, PADKEY and the output registers."""
        self._leds = [pad for name, pad in sorted(self.settings.items()) if name.startswith("led_")]
        self._shown: list[tuple[int, int]] = []
        for word in range(13):
            self.define(4 * word, f"PADREG{word}", 0x18181818, on_write=self._set_up_pads)
        for word in range(7):
            self.define(0x040 + 4 * word, f"CFG{word}", on_write=self._set_up_pads)
        self._key = self.define(0x060, "PADKEY")
        self._out = [
            self.define(0x088 + 4 * word, f"WT{letter}", on_write=lambda _value: self._show())
            for word, letter in enumerate("AB")
        ]
        for word, letter in enumerate("AB"):
            self._define_set_clear(0x090 + 4 * word, letter, self._out[word])

    def _define_set_clear(self, offset: int, letter: str, out: Register) -> None:
        def set_bits(value: int) -> None:
            out.value |= value
            self._show()

        def clear_bits(value: int) -> None:
            out.value &= ~value
            self._show()

        self.define(offset, f"WTS{letter}", on_write=set_bits)
        self.define(offset + 8, f"WTC{letter}", on_write=clear_bits)

    def _set_up_pads(self, _value: int) -> None:
        if self._key.value != 0x73:
            raise WrongUseError("a pad is set up without the key 0x73 in GPIO.PADKEY.")
        self._shown = [(pad // 32, pad % 32) for pad in self._leds if self._is_output(pad)]

    def function(self, pad: int) -> int:
        """Return the function number (FNCSEL) that a pad is set to."""
        return self._find(pad & ~3).value >> (8 * (pad % 4) + 3) & 7

    def _is_output(self, pad: int) -> bool:
        config = self._find(0x040 + 4 * (pad // 8)).value >> 4 * (pad % 8)
        return self.function(pad) == 3 and config & 6 == 2

    def _show(self) -> None:
        if self._shown:
            self.system.set_led(*(bool(self._out[word].value >> bit & 1) for word, bit in self._shown))


_FIFO_BYTES = 32
_RX, _RT, _FE, _BE, _OE = 1 << 4, 1 << 6, 1 << 7, 1 << 9, 1 << 10
_TIMEOUT_BITS, _FRAME_BITS = 32, 10


class Uart(Peripheral):
    """UART (DS, UART; an ARM PL011). Settings: the pads tx and rx, and tx_function, rx_function.

    Source of what DS leaves out, such as when OE is set: ARM DDI 0183G (PL011), 2.4 and 3.3. Not there: the
    interrupts of sending and of the modem lines.
    """

    needs: ClassVar[Mapping[str, range]] = {
        **dict.fromkeys(("tx", "rx"), range(_PADS)),
        **dict.fromkeys(("tx_function", "rx_function"), range(8)),
    }
    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

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
        self._lcrh = self.define(0x02C, "LCRH", writable=0xFF, on_write=self._take_divisor)
        self._control = self.define(0x030, "CR", 0x300, on_write=self._switch)
        self._levels = self.define(0x034, "IFLS", 0x12, writable=0x3F)
        self._mask = self.define(
            0x038, "IER", writable=0x7FF, on_write=lambda _value: self._update_interrupt()
        )
        self.define(0x03C, "IES", writable=0, on_read=lambda: self._raw)
        self.define(0x040, "MIS", writable=0, on_read=lambda: self._raw & self._mask.value)
        self.define(0x044, "IEC", on_read=lambda: 0, on_write=self._clear)
        hz, has_room = system.board.clock.hz, lambda: len(self._fifo) < self._depth()
        system.line.connect(system.events, system.now, hz, self.receive, has_room)

    def read(self, offset: int, size: int) -> int:
        """Read a register; without power there is nothing to read."""
        self._check_power()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without power there is nothing to write."""
        self._check_power()
        self._line_is_right = self._line_is_right and offset in (0x000, 0x004, 0x044)
        super().write(offset, size, value)

    def _check_power(self) -> None:
        if not self.system.models.one(Pwrctrl).uart_has_power:
            raise WrongUseError("UART0 is used before PWRCTRL has switched its power on.")

    def _take_divisor(self, _value: int) -> None:
        self._divisor = 64 * self._ibrd.value + self._fbrd.value

    def _switch(self, _value: int) -> None:
        if self._receives():
            self.system.line.listen()

    def _receives(self) -> bool:
        return self._control.value & 0x201 == 0x201

    def _depth(self) -> int:
        return _FIFO_BYTES if self._lcrh.value >> 4 & 1 else 1

    def _level(self) -> int:
        """How many bytes make the receive interrupt: 1/8, 1/4, 1/2, 3/4 or 7/8 of the FIFO."""
        eighths = (1, 2, 4, 6, 7)[min(self._levels.value >> 3 & 7, 4)]
        return self._depth() * eighths // 8 or 1

    def receive(self, frame: Frame) -> None:
        """Take a frame from the line into the FIFO; the errors of a byte stand beside it."""
        if not self.system.models.one(Pwrctrl).uart_has_power or not self._receives():
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
        if self._control.value & 0x101 != 0x101:
            raise WrongUseError("UART0 is written to while CR does not enable sending.")
        if not self._line_is_right:
            self._check_line()
            self._line_is_right = True
        if self._transmitter.waiting >= self._depth():
            raise WrongUseError("UART0.DR is written while FR says TXFF: a byte is lost.")
        self._transmitter.send(bytes([value & 0xFF]))

    def _check_line(self) -> None:
        clock = {1: 24e6, 2: 12e6, 3: 6e6, 4: 3e6}.get(self._control.value >> 4 & 7, 0.0)
        running = clock if self._control.value & 8 else 0.0
        measured = 4 * running / self._divisor if self._divisor else 0.0
        wrong = self.system.line.baud_problem("UART0", measured)
        gpio = self.system.models.one(Gpio)
        for line in ("tx", "rx"):
            if gpio.function(self.settings[line]) != self.settings[f"{line}_function"]:
                wrong = f"pad {self.settings[line]} is not set to UART0's {line.upper()}."
        if self._lcrh.value & 0x6E != 0x60:
            wrong = "UART0 is not set to 8N1 as the board's line is."
        if wrong:
            raise WrongUseError(wrong)


MODELS: dict[str, type[Peripheral]] = {
    "apollo3_cachectrl": Cachectrl,
    "apollo3_clkgen": Clkgen,
    "apollo3_gpio": Gpio,
    "apollo3_pwrctrl": Pwrctrl,
    "apollo3_uart": Uart,
}
