# SPDX-License-Identifier: Apache-2.0
"""Models to copy: of the microcontroller of firmware_templates/ports/TEMPLATE, which does not exist.

Source: the list of registers on top of that port. A copy names the manual here, as nrf52.py does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import Peripheral, Settling
from toolkit.emulator.peripherals.sending import Transmitter, Waiting
from toolkit.emulator.serial_line import Frame

_RX_NOT_EMPTY, _TX_EMPTY, _TX_IDLE, _OVERRUN, _FRAMING = 1, 1 << 1, 1 << 2, 1 << 3, 1 << 4


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
    """UART: holds a byte each way. Settings: tx and rx are the pins of the line, irq its interrupt."""

    needs: ClassVar[Mapping[str, range]] = {"tx": range(32), "rx": range(32)}
    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define STATUS, DATA, DIVISOR and INTERRUPT."""
        system = self.system
        self._flags = self._received = 0
        self._transmitter, self._waiting = Transmitter(system), Waiting(system)
        self.define(0x00, "STATUS", on_read=self._status, on_write=self._clear)
        self.define(0x04, "DATA", on_read=self._take, on_write=self._send)
        self._divisor = self.define(0x08, "DIVISOR", writable=0xFFFF, on_write=lambda _: system.line.listen())
        self._interrupt = self.define(0x0C, "INTERRUPT", writable=1, on_write=lambda _: self._update())
        hz, has_room = system.board.clock.hz, lambda: not self._flags & _RX_NOT_EMPTY
        system.line.connect(system.events, system.now, hz, self.receive, has_room)

    def receive(self, frame: Frame) -> None:
        """Take a frame from the line; without a place it is lost."""
        if not self._divisor.value:
            return
        if self._flags & _RX_NOT_EMPTY:
            self._flags |= _OVERRUN
        else:
            self._received = frame.byte
            self._flags |= _RX_NOT_EMPTY | (_FRAMING if frame.framing else 0)
        self._update()

    def _update(self) -> None:
        self.set_interrupt(bool(self._interrupt.value and self._flags))

    def _status(self) -> int:
        is_idle = self.system.now() >= self._transmitter.done_at
        sending = (0 if self._transmitter.waiting else _TX_EMPTY) | (_TX_IDLE if is_idle else 0)
        until = self._transmitter.done_at if sending else self._transmitter.moves_at
        self._waiting.look(is_idle or bool(self._flags), until)
        return self._flags | sending

    def _clear(self, value: int) -> None:
        self._flags &= ~(value & (_OVERRUN | _FRAMING))
        self._update()

    def _take(self) -> int:
        self._flags &= ~_RX_NOT_EMPTY
        self._update()
        self.system.line.ready()
        return self._received

    def _send(self, value: int) -> None:
        self._check_line()
        self._transmitter.send(bytes([value & 0xFF]))

    def _check_line(self) -> None:
        """Refuse what leaves a real line silent."""
        divisor = self._divisor.value
        measured = self.system.board.clock.hz / divisor if divisor else 0.0
        wrong = self.system.line.baud_problem("UART", measured)
        gpio = self.system.models.one(Gpio)
        for line in ("tx", "rx"):
            if not gpio.is_for_uart(self.settings[line]):
                wrong = f"pin {self.settings[line]} is not set to the UART's {line.upper()}."
        if self._transmitter.waiting:
            wrong = "UART.DATA is written before STATUS says TX_EMPTY: a byte is lost."
        if wrong:
            raise WrongUseError(wrong)


MODELS: dict[str, type[Peripheral]] = {
    "template_clock": Clock,
    "template_gpio": Gpio,
    "template_uart": Uart,
}
