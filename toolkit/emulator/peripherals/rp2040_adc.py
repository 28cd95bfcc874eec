# SPDX-License-Identifier: Apache-2.0
"""The RP2040's ADC, and the PLL that gives it its clock. Source: RP2040 Datasheet (DS) 2.18 and 4.9."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.peripherals.rp2040 import Block, Clocks, Pads, Pll
from toolkit.emulator.sensors.analog import AnalogPin

_EN, _START_MANY, _READY, _OVER = 1, 1 << 3, 1 << 8, 1 << 11
_FIFO_SAMPLES = 4
_CONVERSION = 96
_HZ = 48e6
_SUPPLY_MV, _BITS = 3300, 12
_FIRST_PIN = 26
_PAD_ANALOG, _PAD_BITS = 1 << 7, 0xCC  # output off; input, pulls, output


class UsbPll(Pll):
    """PLL_USB, as PLL_SYS; boards list it behind that."""

    number = 13


class Adc(Block):
    """ADC in free running: a conversion each 1 + DIV.INT cycles of its clock, into a FIFO of 4.

    What finds the FIFO full is lost, with FCS.OVER. Its jumps at some counts (RP2040-E11) are not there.
    """

    number = 0
    may: ClassVar[Mapping[str, range]] = {"irq": range(32)}

    def set_up(self) -> None:
        """Define CS, FCS, FIFO, DIV and INTE."""
        self._pin = AnalogPin(self.system)
        self._fifo: deque[int] = deque()
        self._event: Event | None = None
        self._start = self._count = 0
        self._is_over = False
        self._cs = self.define(
            0x00, "CS", writable=0x700D, on_read=lambda: self._cs.value | _READY, on_write=self._switch
        )
        self._fcs = self.define(0x08, "FCS", writable=0x0F000001, on_read=self._state)
        self.define(0x0C, "FIFO", writable=0, on_read=self._take)
        self._div = self.define(0x10, "DIV", writable=0xFFFF00)
        self._inte = self.define(0x18, "INTE", writable=1, on_write=lambda _value: self._update())

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; a one clears FCS.OVER."""
        if offset == 0x08 and value & _OVER:
            self._is_over = False
        super().write(offset, size, value)
        self._update()

    def _state(self) -> int:
        return self._fcs.value | len(self._fifo) << 16 | self._is_over << 11

    def _take(self) -> int:
        value = self._fifo.popleft() if self._fifo else 0
        self._update()
        return value

    def _update(self) -> None:
        threshold = self._fcs.value >> 24
        self.set_interrupt(bool(self._inte.value and len(self._fifo) >= threshold))

    def _switch(self, value: int) -> None:
        if value & (_START_MANY | _EN) != _START_MANY | _EN:
            if self._event is not None:
                self._event.cancel()
                self._event = None
            self._pin.restart()
        elif self._event is None:
            self._check()
            self._start, self._count = self.system.now(), 0
            self._plan()

    def _check(self) -> None:
        pin = self.system.board.defines.get("analog_pin", -1)
        pad = self.system.models.one(Pads).pad(pin)
        hz = self.system.models.one(Clocks).adc_hz
        wrong = ""
        if hz != _HZ:
            wrong = f"the ADC runs at {hz / 1e6:g} MHz, not at the 48 of clk_adc."
        elif self._cs.value >> 12 & 7 != pin - _FIRST_PIN:
            wrong = f"the ADC converts input {self._cs.value >> 12 & 7}, the board's pin is GPIO{pin}."
        elif pad & _PAD_BITS != _PAD_ANALOG:
            wrong = f"the pad of GPIO{pin} is {pad:#x}: its input, output or pulls disturb the ADC."
        elif self._div.value >> 8 < _CONVERSION - 1:
            wrong = "ADC.DIV is shorter than a conversion; the emulator wants a pace."
        if wrong:
            raise WrongUseError(wrong)

    def _plan(self) -> None:
        cycles = self._count * ((self._div.value >> 8) + 1) + _CONVERSION
        self._count += 1
        when = self._start + math.ceil(cycles * self.system.board.clock.hz / _HZ)
        self._event = self.system.at(when, self._convert)

    def _convert(self) -> None:
        self._plan()
        count = self._pin.sample(_SUPPLY_MV, _BITS)
        if not self._fcs.value & 1:
            return
        if len(self._fifo) == _FIFO_SAMPLES:
            self._is_over = True
        else:
            self._fifo.append(count)
        self._update()


MODELS: dict[str, type[Peripheral]] = {"rp2040_adc": Adc, "rp2040_usb_pll": UsbPll}
