# SPDX-License-Identifier: Apache-2.0
"""Models to copy: of the microcontroller of firmware_templates/ports/TEMPLATE, which does not exist.

Source: the list of registers on top of that port. A copy names the manual here, as nrf52.py does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import Peripheral, Settling

_RX_NOT_EMPTY, _TX_EMPTY, _TX_IDLE, _OVERRUN = 1, 1 << 1, 1 << 2, 1 << 3


class Clock(Peripheral):
    """CLOCK: the crystal takes a while to run."""

    def set_up(self) -> None:
        """Define START and STATUS."""
        self.crystal = Settling()
        self.define(0x00, "START", on_write=self._start)
        self.define(0x04, "STATUS", writable=0, on_read=lambda: int(self.crystal.look()))

    def _start(self, value: int) -> None:
        if value & 1:
            self.crystal.start()


class Gpio(Peripheral):
    """GPIO: 32 pins; the setting led is the number of the pin that the LED hangs on."""

    needs: ClassVar[Mapping[str, range]] = {"led": range(32)}

    def set_up(self) -> None:
        """Define OUTPUT, SET, CLEAR and FUNCTION."""
        self._level = 0
        self._output = self.define(0x00, "OUTPUT")
        self.define(0x04, "SET", on_write=lambda value: self._show(self._level | value))
        self.define(0x08, "CLEAR", on_write=lambda value: self._show(self._level & ~value))
        self._function = self.define(0x0C, "FUNCTION")

    def _show(self, level: int) -> None:
        self._level = level
        led = self.settings["led"]
        if self._output.value >> led & 1:
            self.system.set_led(bool(level >> led & 1))

    def is_for_uart(self, pin: int) -> bool:
        """Return whether FUNCTION gives a pin to the UART."""
        return bool(self._function.value >> pin & 1)


class Uart(Peripheral):
    """UART: holds one byte each way. The settings tx and rx are the pins of the board's line."""

    needs: ClassVar[Mapping[str, range]] = {"tx": range(32), "rx": range(32)}

    def set_up(self) -> None:
        """Define STATUS, DATA and DIVISOR."""
        self.has_overrun = False
        self._received = b""
        self._empty, self._idle = Settling(2), Settling(4)
        self.define(0x00, "STATUS", on_read=self._status, on_write=self._clear)
        self.define(0x04, "DATA", on_read=self._take, on_write=self._send)
        self._divisor = self.define(0x08, "DIVISOR", writable=0xFFFF)

    def _status(self) -> int:
        if not self._received and not self.has_overrun:
            self._received = self.system.line.take()
        flags = _RX_NOT_EMPTY if self._received else 0
        for flag, part in ((_TX_EMPTY, self._empty), (_TX_IDLE, self._idle)):
            flags |= flag if not part.is_started or part.look() else 0
        return flags | (_OVERRUN if self.has_overrun else 0)

    def _clear(self, value: int) -> None:
        self.has_overrun = self.has_overrun and not value & _OVERRUN

    def _take(self) -> int:
        byte, self._received = self._received, b""
        return byte[0] if byte else 0

    def _send(self, value: int) -> None:
        self._check_line()
        self.system.line.send(bytes([value & 0xFF]))
        for part in (self._empty, self._idle):
            part.stop()
            part.start()

    def _check_line(self) -> None:
        """Refuse what leaves a real line silent."""
        divisor = self._divisor.value
        measured = self.system.board.clock.hz / divisor if divisor else 0.0
        wrong = self.system.line.baud_problem("UART", measured)
        gpio = self.system.models.one(Gpio)
        for line in ("tx", "rx"):
            if not gpio.is_for_uart(self.settings[line]):
                wrong = f"pin {self.settings[line]} is not set to the UART's {line.upper()}."
        if self._empty.is_started and not self._empty.is_done:
            wrong = "UART.DATA is written before STATUS says TX_EMPTY: a byte is lost."
        if wrong:
            raise WrongUseError(wrong)


MODELS: dict[str, type[Peripheral]] = {
    "template_clock": Clock,
    "template_gpio": Gpio,
    "template_uart": Uart,
}
