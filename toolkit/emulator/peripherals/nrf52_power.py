# SPDX-License-Identifier: Apache-2.0
"""What USB needs of the nRF52840 beside USBD: its supply, the chip's numbers, registers of the errata.

Source: nRF52840 Product Specification v1.7 (PS), and the errata of its revisions 1 to 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.nrf52 import Clock
from toolkit.emulator.peripherals.peripheral import Peripheral

_HFCLKSTARTED, _USBDETECTED, _USBREMOVED, _USBPWRRDY = 0, 7, 8, 9
_VBUSDETECT, _OUTPUTRDY = 1, 2
_REGULATOR_S = 0.001
_KEY = 0x9375


class PowerClock(Clock):
    """POWER and CLOCK (PS 5.3, 5.4), which share an address and an interrupt; plug() is the USB cable."""

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define CLOCK's registers, the events of USB's supply, and what survives a reset."""
        super().set_up()
        self._inten = 0
        self._has_started = False
        self.define(0x40C, "HFCLKSTAT", writable=0, on_read=lambda: 0x10000 | self._looks())
        self._events = {
            bit: self.define(0x11C + 4 * (bit - _USBDETECTED), f"EVENTS_{name}", on_write=self._update)
            for bit, name in ((_USBDETECTED, "USBDETECTED"), (_USBREMOVED, "USBREMOVED"), (9, "USBPWRRDY"))
        }
        self._events[_HFCLKSTARTED] = self.define(
            0x100, "EVENTS_HFCLKSTARTED", on_read=self._read_started, on_write=self._update
        )
        self.define(0x304, "INTENSET", on_read=lambda: self._inten, on_write=lambda v: self._enable(v, 0))
        self.define(0x308, "INTENCLR", on_read=lambda: self._inten, on_write=lambda v: self._enable(0, v))
        self._supply = self.define(0x438, "USBREGSTATUS", writable=0)
        self.gpregret = self.define(0x51C, "GPREGRET", writable=0xFF)

    @property
    def crystal_runs(self) -> bool:
        """Whether the 32 MHz crystal runs."""
        return self._crystal.is_done

    def plug(self) -> None:
        """Put 5 V on the plug; a regulator makes 3.3 V of it in a while."""
        self._supply.value |= _VBUSDETECT
        self._happen(_USBDETECTED)
        ready = self.system.now() + round(_REGULATOR_S * self.system.board.clock.hz)
        self.system.at(ready, self._regulate)

    def unplug(self) -> None:
        """Take the cable out."""
        self._supply.value = 0
        self._happen(_USBREMOVED)

    def _regulate(self) -> None:
        if self._supply.value & _VBUSDETECT:
            self._supply.value |= _OUTPUTRDY
            self._happen(_USBPWRRDY)

    def _looks(self) -> int:
        is_done = self._crystal.look()
        if is_done and not self._has_started:
            self._happen(_HFCLKSTARTED)
        self._has_started = is_done
        return int(is_done)

    def _read_started(self) -> int:
        self._looks()
        return self._events[_HFCLKSTARTED].value

    def _happen(self, bit: int) -> None:
        self._events[bit].value = 1
        self._update(0)

    def _enable(self, ones: int, zeros: int) -> None:
        self._inten = (self._inten | ones) & ~zeros
        self._update(0)

    def _update(self, _value: int) -> None:
        asked = any(event.value and self._inten >> bit & 1 for bit, event in self._events.items())
        self.set_interrupt(asked)


class Ficr(Peripheral):
    """FICR (PS 4.4): the radio address that each chip was given, here always the same."""

    def set_up(self) -> None:
        """Define DEVICEADDR; the upper half of its second word is not said to be anything."""
        self.define(0x0A4, "DEVICEADDR[0]", 0xFA0AE8A9, writable=0)
        self.define(0x0A8, "DEVICEADDR[1]", 0xFFFF95F6, writable=0)


class Errata(Peripheral):
    """Registers without a name by which errata 171 and 187 let USBD come up, behind a lock with a key."""

    def set_up(self) -> None:
        """Define the lock and the two registers."""
        self._is_open = False
        self.define(0xC00, "lock", on_read=lambda: int(self._is_open), on_write=self._turn)
        self.erratum_171 = self.define(0xC14, "erratum 171")
        self.erratum_187 = self.define(0xD14, "erratum 187")

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; the two are behind the lock."""
        if offset != 0xC00 and not self._is_open:
            raise WrongUseError("the register of an erratum is written while its lock is closed.")
        super().write(offset, size, value)

    def _turn(self, value: int) -> None:
        if value == _KEY:
            self._is_open = not self._is_open


MODELS: dict[str, type[Peripheral]] = {
    "nrf52_clock": PowerClock,
    "nrf52_errata": Errata,
    "nrf52_ficr": Ficr,
}
