# SPDX-License-Identifier: Apache-2.0
"""TIM2 of the STM32s: counts up in 32 bits, with one compare. Sources: as in stm32.py."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral
from toolkit.emulator.peripherals.stm32 import ClockControl


class Tim2(Peripheral):
    """CNT is counted by the core's clock as the board has it after start-up; PSC is taken by UG only."""

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define CR1, DIER, SR, EGR, CNT, PSC, ARR and CCR1."""
        self._since: int | None = None
        self._base = 0
        self._divisor = 1.0
        self._event: Event | None = None
        self.define(0x00, "CR1", writable=1, on_write=self._switch)
        self._dier = self.define(0x0C, "DIER", writable=2, on_write=lambda _value: self._update())
        self._status = 0
        self.define(0x10, "SR", on_read=lambda: self._status, on_write=self._clear)
        self.define(0x14, "EGR", writable=1, on_read=lambda: 0, on_write=self._start_anew)
        self.define(0x24, "CNT", writable=0, on_read=lambda: self._count)
        self._psc = self.define(0x28, "PSC", writable=0xFFFF)
        self._arr = self.define(0x2C, "ARR", WORD)
        self._ccr1 = self.define(0x34, "CCR1", on_write=lambda _value: self._plan())

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; without a clock TIM2 ignores it, which is a mistake."""
        self.system.models.one(ClockControl).check_tim2_clock()
        super().write(offset, size, value)

    @property
    def _count(self) -> int:
        if self._since is None:
            return self._base
        return (self._base + int((self.system.now() - self._since) / self._divisor)) & WORD

    def _start_anew(self, value: int) -> None:
        if value & 1:
            clocks = self.system.models.one(ClockControl)
            ticks_hz = clocks.tim2_hz() / (self._psc.value + 1)
            self._divisor = clocks.core_hz() / ticks_hz
            self._base, self._since = 0, None if self._since is None else self.system.now()
            self._status |= 1
            self._plan()

    def _switch(self, value: int) -> None:
        if value & 1 and self._arr.value != WORD:
            raise WrongUseError("TIM2 counts to 0xFFFFFFFF in the emulator: ARR is something else.")
        self._base, self._since = self._count, self.system.now() if value & 1 else None
        self._plan()

    def _plan(self) -> None:
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if self._since is not None:
            left = (self._ccr1.value - self._base) & WORD
            when = self._since + math.ceil(left * self._divisor)
            if when <= self.system.now():
                when += math.ceil((WORD + 1) * self._divisor)
            self._event = self.system.at(when, self._reach)

    def _reach(self) -> None:
        self._status |= 2
        self._event = None
        self._update()

    def _clear(self, value: int) -> None:
        self._status &= value
        self._update()

    def _update(self) -> None:
        self.set_interrupt(bool(self._status & self._dier.value & 2))


MODELS: dict[str, type[Peripheral]] = {"stm32_tim2": Tim2}
