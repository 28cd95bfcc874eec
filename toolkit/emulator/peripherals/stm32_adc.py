# SPDX-License-Identifier: Apache-2.0
"""The STM32F746's ADC1, TIM5 that paces it, and TIM3 that counts. Source: RM0385 rev 8 (RM) 15 and 23."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral
from toolkit.emulator.peripherals.stm32 import Gpio
from toolkit.emulator.peripherals.stm32f7 import Rcc
from toolkit.emulator.sensors.analog import AnalogPin

_EOC, _EOCIE, _ADON = 1 << 1, 1 << 5, 1
_BY_TIM5 = 1 << 28 | 4 << 24
_SAMPLING = (3, 15, 28, 56, 84, 112, 144, 480)
_CONVERSION = 12
_MOST_ADC_HZ = 36e6
_UPDATE = 2
_COUNTS_ITR2 = 2 << 4 | 7
_ANALOG = 3
_SUPPLY_MV, _BITS = 3300, 12


class Adc(Peripheral):
    """ADC1: one channel, 12 bits, begun by TIM5's TRGO.

    A sample that was not read is overwritten: overrun is only looked for with DMA or EOCS (RM 15.8.1). A
    trigger during a conversion is refused; on a board it would be lost.
    """

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define SR, CR1, CR2, sampling time, sequence, DR, and CCR of all three ADCs."""
        self._pin = AnalogPin(self.system)
        self._is_converting = False
        self._status = self._data = 0
        self.define(0x00, "SR", on_read=lambda: self._status, on_write=self._clear)
        self._cr1 = self.define(0x04, "CR1", writable=_EOCIE, on_write=lambda _value: self._update())
        self._cr2 = self.define(0x08, "CR2", writable=_BY_TIM5 | 0x3F000000 | _ADON, on_write=self._switch)
        self._smpr2 = self.define(0x10, "SMPR2")
        self.define(0x2C, "SQR1", writable=0)
        self._sqr3 = self.define(0x34, "SQR3", writable=0x1F)
        self.define(0x4C, "DR", writable=0, on_read=self._read)
        self._ccr = self.define(0x304, "CCR", writable=3 << 16)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock the ADC ignores it, which is a mistake."""
        if not self.system.models.one(Rcc).apb2enr.value >> 8 & 1:
            raise WrongUseError("ADC1 is used before RCC.APB2ENR gives it a clock.")
        super().write(offset, size, value)

    def _clear(self, value: int) -> None:
        self._status &= value
        self._update()

    def _switch(self, value: int) -> None:
        if not value & _ADON:
            self._is_converting = False
            self._pin.restart()

    def _update(self) -> None:
        self.set_interrupt(bool(self._status & _EOC and self._cr1.value & _EOCIE))

    def _read(self) -> int:
        self._status &= ~_EOC
        self._update()
        return self._data

    def trigger(self) -> None:
        """Begin a conversion, if TIM5's TRGO is what CR2 waits for."""
        if self._cr2.value & (_BY_TIM5 | 0x3F000000 | _ADON) != _BY_TIM5 | _ADON:
            return
        if self._is_converting:
            raise WrongUseError("ADC1 is asked for a sample while it still converts: it is lost.")
        rcc = self.system.models.one(Rcc)
        hz = rcc.bus_hz(13) / (2 * (self._ccr.value >> 16) + 2)
        self._check(hz)
        count = self._pin.sample(_SUPPLY_MV, _BITS)
        self._is_converting = True
        clocks = _SAMPLING[self._smpr2.value >> 3 * self._sqr3.value & 7] + _CONVERSION
        cycles = math.ceil(clocks * rcc.core_hz() / hz)
        self.system.at(self.system.now() + cycles, lambda: self._end(count))

    def _check(self, hz: float) -> None:
        given = self.system.board.defines
        port, pin, channel = (given.get(f"analog_{name}", -1) for name in ("port", "pin", "input"))
        wrong = ""
        if hz > _MOST_ADC_HZ:
            wrong = f"ADC1 runs at {hz / 1e6:g} MHz; it takes 36 at most."
        if self._sqr3.value != channel:
            wrong = f"ADC1 converts channel {self._sqr3.value}, the board's pin is {channel}."
        ports = [each for each in self.system.models.every(Gpio) if each.number == port]
        if not ports or ports[0].mode(pin) != _ANALOG:
            wrong = f"P{chr(ord('A') + port)}{pin} is not set to analog."
        if wrong:
            raise WrongUseError(wrong)

    def _end(self, count: int) -> None:
        if self._is_converting:
            self._is_converting = False
            self._data, self._status = count, self._status | _EOC
            self._update()


class PaceTimer(Peripheral):
    """TIM5 and TIM3, as ADC1 uses them: one makes updates, the other counts them. Neither has a prescaler."""

    def set_up(self) -> None:
        """Define CR1, CR2, SMCR, CNT, PSC and ARR."""
        self._since, self._turns = 0, 0
        self._event: Event | None = None
        self._counted = 0
        self._cr1 = self.define(0x00, "CR1", writable=1, on_write=self._switch)
        self._cr2 = self.define(0x04, "CR2", writable=7 << 4)
        self._smcr = self.define(0x08, "SMCR", writable=0x77)
        self.define(0x24, "CNT", on_read=self._count, on_write=self._set_count)
        self.define(0x28, "PSC", writable=0)
        self._arr = self.define(0x2C, "ARR", WORD)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock a timer ignores it, which is a mistake."""
        bit = self.base >> 10 & 7
        if not self.system.models.one(Rcc).apb1enr.value >> bit & 1:
            raise WrongUseError(f"TIM{bit + 2} is used before RCC.APB1ENR gives it a clock.")
        super().write(offset, size, value)

    def _cycles_a_tick(self) -> float:
        rcc = self.system.models.one(Rcc)
        return rcc.core_hz() / rcc.tim2_hz()

    def _set_count(self, value: int) -> None:
        self._counted, self._since = value, self.system.now()

    def _count(self) -> int:
        if self._smcr.value == _COUNTS_ITR2:
            return self._counted & 0xFFFF
        if not self._cr1.value & 1:
            return self._counted
        ticks = int((self.system.now() - self._since) / self._cycles_a_tick())
        return ticks % (self._arr.value + 1)

    def _switch(self, value: int) -> None:
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if value & 1 and not self._smcr.value:
            self._since, self._turns = self.system.now(), 0
            self._plan()

    def _plan(self) -> None:
        self._turns += 1
        cycles = self._turns * (self._arr.value + 1) * self._cycles_a_tick()
        self._event = self.system.at(self._since + math.ceil(cycles), self._end_turn)

    def _end_turn(self) -> None:
        self._plan()
        if self._cr2.value >> 4 & 7 == _UPDATE:
            for other in self.system.models.every(PaceTimer):
                other.count_up()
            self.system.models.one(Adc).trigger()

    def count_up(self) -> None:
        """Count an update of TIM5, if SMCR takes ITR2, which that is to TIM3, for a clock."""
        if self._smcr.value == _COUNTS_ITR2 and self._cr1.value & 1:
            self._counted += 1


MODELS: dict[str, type[Peripheral]] = {"stm32f7_adc": Adc, "stm32f7_pace": PaceTimer}
