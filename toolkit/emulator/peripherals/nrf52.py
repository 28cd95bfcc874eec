# SPDX-License-Identifier: Apache-2.0
"""nRF52840, as far as our port uses it. Source: nRF52840 Product Specification v1.7 (PS)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral, Register, Settling

_DISCONNECTED = 1 << 31
_BYTES_PER_LOOK = 8


class Clock(Peripheral):
    """CLOCK (PS 5.4): the 32 MHz crystal takes a while to run."""

    def set_up(self) -> None:
        """Define the high-frequency clock's registers."""
        self._crystal = Settling()
        self.define(0x000, "TASKS_HFCLKSTART", on_read=lambda: 0, on_write=self._start)
        self.define(0x004, "TASKS_HFCLKSTOP", on_read=lambda: 0, on_write=self._stop)
        self.define(0x100, "EVENTS_HFCLKSTARTED", on_read=lambda: int(self._crystal.look()))
        self.define(0x558, "APPROTECT.DISABLE", writable=0xFF)
        self.define(
            0x40C, "HFCLKSTAT", writable=0, on_read=lambda: 0x10001 if self._crystal.look() else 0x10000
        )

    def _start(self, value: int) -> None:
        if value & 1:
            self._crystal.start()

    def _stop(self, value: int) -> None:
        if value & 1:
            self._crystal.stop()


class Gpio(Peripheral):
    """A GPIO port (PS 6.9); the setting led is the number of the pin that the LED hangs on."""

    may: ClassVar[Mapping[str, range]] = {"led": range(32)}

    def set_up(self) -> None:
        """Define OUT, DIR with their set and clear registers, and PIN_CNF."""
        self._out = self.define(0x504, "OUT", on_write=lambda _value: self._show())
        self.define(0x508, "OUTSET", on_read=lambda: self._out.value, on_write=lambda v: self._set_out(v, 0))
        self.define(0x50C, "OUTCLR", on_read=lambda: self._out.value, on_write=lambda v: self._set_out(0, v))
        self.define(0x510, "IN", writable=0, on_read=lambda: self._out.value & self._dir.value)
        self._dir = self.define(0x514, "DIR", on_write=lambda _value: self._show())
        self.define(0x518, "DIRSET", on_read=lambda: self._dir.value, on_write=lambda v: self._set_dir(v, 0))
        self.define(0x51C, "DIRCLR", on_read=lambda: self._dir.value, on_write=lambda v: self._set_dir(0, v))
        for pin in range(32):
            self.define(0x700 + 4 * pin, f"PIN_CNF[{pin}]", 2, on_write=self._pin_setter(pin))

    def _pin_setter(self, pin: int) -> Callable[[int], None]:
        return lambda value: self._set_dir((value & 1) << pin, (~value & 1) << pin)

    def _set_out(self, ones: int, zeros: int) -> None:
        self._out.value = (self._out.value | ones) & ~zeros
        self._show()

    def _set_dir(self, ones: int, zeros: int) -> None:
        self._dir.value = (self._dir.value | ones) & ~zeros
        self._show()

    def _show(self) -> None:
        led = self.settings.get("led")
        if led is not None and self._dir.value >> led & 1:
            self.system.set_led(bool(self._out.value >> led & 1))


class Timer(Peripheral):
    """TIMER (PS 6.30) as a counter of PPI events."""

    def set_up(self) -> None:
        """Define tasks, MODE, BITMODE and the capture registers."""
        self.count = 0
        self._runs = False
        self.define(0x000, "TASKS_START", on_write=lambda value: self._run(value, True))
        self.define(0x004, "TASKS_STOP", on_write=lambda value: self._run(value, False))
        self.define(0x008, "TASKS_COUNT", on_write=self._count_up)
        self.define(0x00C, "TASKS_CLEAR", on_write=self._clear)
        self._mode = self.define(0x504, "MODE", writable=3)
        self._bitmode = self.define(0x508, "BITMODE", writable=3)
        for index in range(6):
            register = self.define(0x540 + 4 * index, f"CC[{index}]")
            self.define(0x040 + 4 * index, f"TASKS_CAPTURE[{index}]", on_write=self._capturer(register))

    def _capturer(self, register: Register) -> Callable[[int], None]:
        def capture(value: int) -> None:
            if value & 1:
                for uart in self.system.models.every(Uarte):
                    uart.receive()
                register.value = self.count & self._mask()

        return capture

    def _mask(self) -> int:
        return (1 << (16, 8, 24, 32)[self._bitmode.value]) - 1

    def _run(self, value: int, runs: bool) -> None:
        if value & 1:
            self._runs = runs

    def _clear(self, value: int) -> None:
        if value & 1:
            self.count = 0

    def _count_up(self, value: int) -> None:
        if not value & 1:
            return
        if self._mode.value == 0:
            raise WrongUseError("TASKS_COUNT of a TIMER that is not in counter mode does nothing.")
        self.count += int(self._runs)


class Ppi(Peripheral):
    """PPI (PS 6.16): events of one peripheral are tasks of another."""

    def set_up(self) -> None:
        """Define the channel enables and the end points of the 20 free channels."""
        self._enabled = self.define(0x500, "CHEN")
        self.define(0x504, "CHENSET", on_read=lambda: self._enabled.value, on_write=self._enable)
        self.define(0x508, "CHENCLR", on_read=lambda: self._enabled.value, on_write=self._disable)
        self._ends = [
            (self.define(0x510 + 8 * i, f"CH[{i}].EEP"), self.define(0x514 + 8 * i, f"CH[{i}].TEP"))
            for i in range(20)
        ]

    def _enable(self, value: int) -> None:
        self._enabled.value |= value

    def _disable(self, value: int) -> None:
        self._enabled.value &= ~value

    def event(self, address: int) -> None:
        """Run the tasks that hang on the event register at address."""
        for index, (event, task) in enumerate(self._ends):
            if self._enabled.value >> index & 1 and event.value == address:
                target = self.system.models.at(task.value)
                if target is None:
                    raise WrongUseError(f"PPI channel {index} leads to {task.value:#010x}; nothing is there.")
                target.write(task.value - target.base, 4, 1)


class Uarte(Peripheral):
    """UARTE (PS 6.34): EasyDMA both ways; the settings tx and rx are the pins as PSEL has them."""

    needs: ClassVar[Mapping[str, range]] = {"tx": range(64), "rx": range(64)}

    def set_up(self) -> None:
        """Define tasks, events, pins, speed and the two EasyDMA channels."""
        self._receives = False
        self._filled = 0
        self._endtx, self._txstopped, self._rxto = Settling(2), Settling(2), Settling(2)
        self.define(0x000, "TASKS_STARTRX", on_write=self._start_receiving)
        self.define(0x004, "TASKS_STOPRX", on_write=self._stop_receiving)
        self.define(0x008, "TASKS_STARTTX", on_write=self._send)
        self.define(0x00C, "TASKS_STOPTX", on_write=lambda v: self._txstopped.start() if v & 1 else None)
        self._rxdrdy = self.define(0x108, "EVENTS_RXDRDY")
        self._endrx = self.define(0x110, "EVENTS_ENDRX")
        self._event(0x120, "EVENTS_ENDTX", self._endtx)
        self._event(0x144, "EVENTS_RXTO", self._rxto)
        self._event(0x158, "EVENTS_TXSTOPPED", self._txstopped)
        self._shorts = self.define(0x200, "SHORTS", writable=0x60)
        self.define(0x308, "INTENCLR", on_read=lambda: 0)
        self._enable = self.define(0x500, "ENABLE", writable=0xF)
        self._pins = {
            name: self.define(offset, f"PSEL.{name}", WORD)
            for name, offset in (("RTS", 0x508), ("TXD", 0x50C), ("CTS", 0x510), ("RXD", 0x514))
        }
        self._baudrate = self.define(0x524, "BAUDRATE", 0x04000000)
        self._rx = (self.define(0x534, "RXD.PTR"), self.define(0x538, "RXD.MAXCNT", writable=0xFFFF))
        self._tx = (self.define(0x544, "TXD.PTR"), self.define(0x548, "TXD.MAXCNT", writable=0xFFFF))
        self._config = self.define(0x56C, "CONFIG", writable=0x1F)

    def _event(self, offset: int, name: str, event: Settling) -> None:
        def clear(value: int) -> None:
            if value == 0:
                event.stop()

        self.define(offset, name, on_read=lambda: int(event.look()), on_write=clear)

    def _start_receiving(self, value: int) -> None:
        if value & 1:
            self._check_ready()
            self._receives, self._filled = True, 0

    def _stop_receiving(self, value: int) -> None:
        if self._receives and value & 1:
            self._receives = False
            self._rxto.start()

    def _check_ready(self) -> None:
        if self._enable.value != 8:
            raise WrongUseError(f"{self.name} is used while ENABLE is {self._enable.value}, not 8.")

    def receive(self) -> None:
        """Let EasyDMA write what waits on the line; called when the firmware looks how far it is."""
        if not self._receives or self._pins["RXD"].value != self.settings["rx"]:
            return
        for byte in self.system.line.take(_BYTES_PER_LOOK):
            if not self._receives:
                break
            pointer, most = (register.value for register in self._rx)
            self.system.write_memory(pointer + self._filled, bytes([byte]))
            self._filled += 1
            self._rxdrdy.value = 1
            for ppi in self.system.models.every(Ppi):
                ppi.event(self.base + 0x108)
            if self._filled >= most:
                self._endrx.value = 1
                self._filled = 0
                self._receives = bool(self._shorts.value & 0x20)

    def _send(self, value: int) -> None:
        if not value & 1:
            return
        self._check_ready()
        self._check_line()
        pointer, length = (register.value for register in self._tx)
        if not 0x20000000 <= pointer < 0x20040000:
            raise WrongUseError(f"{self.name} sends from {pointer:#010x}; EasyDMA reaches RAM only.")
        self.system.line.send(self.system.read_memory(pointer, length))
        self._txstopped.stop()
        self._endtx.start()

    def _check_line(self) -> None:
        wrong = self.system.line.baud_problem("UARTE0", self._baudrate.value * 16e6 / 2**32)
        if self._pins["TXD"].value != self.settings["tx"]:
            wrong = f"UARTE0 sends on PSEL.TXD {self._pins['TXD'].value:#x}, not on the board's TX pin."
        if self._config.value & 0x1E:
            wrong = "UARTE0 is set to a parity bit or two stop bits; the board's line is 8N1."
        if wrong:
            raise WrongUseError(wrong)


class Pwm(Peripheral):
    """PWM (PS 6.17), as far as it is switched off: a stop takes a while."""

    def set_up(self) -> None:
        """Define the stop task with its event, ENABLE and the pins."""
        self._stopped = Settling(2)
        self.define(0x004, "TASKS_STOP", on_write=lambda v: self._stopped.start() if v & 1 else None)
        self.define(0x104, "EVENTS_STOPPED", on_read=lambda: int(self._stopped.look()))
        self.define(0x200, "SHORTS")
        self.define(0x308, "INTENCLR", on_read=lambda: 0)
        self.define(0x500, "ENABLE", writable=1)
        for index in range(4):
            self.define(0x560 + 4 * index, f"PSEL.OUT[{index}]", WORD)


class Nvmc(Peripheral):
    """NVMC's cache (PS 4.3): stored, nothing more."""

    def set_up(self) -> None:
        """Define READY and ICACHECNF."""
        self.define(0x400, "READY", 1, writable=0)
        self.define(0x540, "ICACHECNF")


class Usbd(Peripheral):
    """USBD's enables (PS 6.35): stored, nothing more."""

    def set_up(self) -> None:
        """Define ENABLE and USBPULLUP."""
        self.define(0x500, "ENABLE")
        self.define(0x504, "USBPULLUP")


MODELS: dict[str, type[Peripheral]] = {
    "nrf52_clock": Clock,
    "nrf52_gpio": Gpio,
    "nrf52_nvmc": Nvmc,
    "nrf52_ppi": Ppi,
    "nrf52_pwm": Pwm,
    "nrf52_timer": Timer,
    "nrf52_uarte": Uarte,
    "nrf52_usbd": Usbd,
}
