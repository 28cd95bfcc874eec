# SPDX-License-Identifier: Apache-2.0
"""Apollo3 Blue's ADC, paced by timer A3. Source: Apollo3 Blue Datasheet, Ambiq DS-A3-0p9p1 (DS)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.peripherals.apollo3 import Gpio, Pwrctrl
from toolkit.emulator.peripherals.apollo3_senses import Ctimer, Pace
from toolkit.emulator.peripherals.peripheral import Peripheral
from toolkit.emulator.sensors.analog import AnalogPin
from toolkit.emulator.sensors.microphone import AnalogMicrophone

_POWER = 9
_ENABLE, _CLOCKS = 1, 3 << 24
_USED = 1 << 24 | 7 << 16 | 1 << 12 | 1 << 4 | 1 << 2
"""In CFG: HFRC, the software's trigger, FIFOPR pops, 2.0 V, the clock stays on, repeated."""
_TRIGGER = 0x37
_ENTRIES, _MOST = 16, 12
_CONVERSION, _SCAN, _MOST_FULL, _FULL = 1, 2, 4, 8
_REFERENCE_MV, _BITS = 2000, 14
_SUPPLY_BY_3 = 13
_CONVERSIONS_HZ = 1_200_000


class Adc(Peripheral):
    """ADC (DS, ADC and Temperature Sensor): slot 0 at 14 bits of 2.0 V, one result a trigger.

    Scans are repeated: timer A3 triggers all but the first, which the software does. What comes while the
    FIFO is full is lost. Conversions that no interrupt waits for are made when a register is accessed next.
    """

    may: ClassVar[Mapping[str, range]] = {"irq": range(240)}

    def set_up(self) -> None:
        """Define configuration, trigger, slot 0, FIFO and interrupts."""
        self._pin = AnalogPin(self.system)
        self._microphone = AnalogMicrophone(self.system)
        self._fifo: deque[int] = deque()
        self._pace: Pace | None = None  # of the series, if one runs
        self._first = self._turns_before = self._done = self._next = 0
        self._conversion = math.ceil(self.system.board.clock.hz / _CONVERSIONS_HZ)
        self._event: Event | None = None
        self._cfg = self.define(0x000, "CFG", writable=0x030F131D, on_write=self._configure)
        self.define(0x008, "SWT", writable=0, on_read=lambda: 0)
        self._slot = self.define(0x00C, "SL0CFG", writable=0x07030F03)
        self.define(0x038, "FIFO", on_read=self._look)
        self.define(0x03C, "FIFOPR", writable=0, on_read=self._take)
        self._enabled = self.define(0x200, "INTEN", writable=0xFF, on_write=lambda _v: self._update())
        self._status = self.define(0x204, "INTSTAT", writable=0)
        self.define(0x208, "INTCLR", on_read=lambda: 0, on_write=self._clear)

    def read(self, offset: int, size: int) -> int:
        """Read a register, with what was converted until now."""
        self._catch_up()
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register, with what was converted until now; without power the ADC would ignore it."""
        if not self.system.models.one(Pwrctrl).has_power(_POWER):
            raise WrongUseError("the ADC is used before PWRCTRL has switched its power on.")
        self._catch_up()
        if offset == 0x00C and self._cfg.value & _ENABLE:
            raise WrongUseError("SL0CFG of the ADC is written while it is enabled.")
        super().write(offset, size, value)
        if offset == 0x008 and value == _TRIGGER:
            self._trigger()

    def _clear(self, bits: int) -> None:
        self._status.value &= ~bits
        self._update()

    def _update(self) -> None:
        self.set_interrupt(bool(self._status.value & self._enabled.value))
        self._plan()

    def _look(self) -> int:
        return len(self._fifo) << 20 | (self._fifo[0] << 6 if self._fifo else 0)

    def _take(self) -> int:
        entry = self._look()
        if self._fifo:
            self._fifo.popleft()
        if self._event is None or not self._fifo:  # else it is early, which does no harm
            self._plan()
        return entry

    def _configure(self, value: int) -> None:
        if not value & _CLOCKS:
            raise WrongUseError("CFG of the ADC has no clock, which it needs also to power down.")
        if not value & _ENABLE:
            self._pace = None
            self._pin.restart()
        self._plan()

    def _trigger(self) -> None:
        self._check()
        now, timer = self.system.now(), self.system.models.one(Ctimer)
        if timer.pace is None:
            raise WrongUseError("the ADC is to repeat its scans, and timer A3 does not run.")
        self._pace, timer.on_pace = timer.pace, self._stop
        self._turns_before, self._done = self._pace.turns(now), 0
        self._first = self._next = now + self._conversion
        self._plan()

    def _stop(self) -> None:
        """Timer A3 stopped, or began anew: the series is over, but for what is done."""
        self._catch_up()
        self._pace = None
        self._plan()

    def _check(self) -> None:
        cfg, slot = self._cfg.value, self._slot.value
        wrong = ""
        if cfg != _USED | _ENABLE:
            wrong = f"CFG of the ADC is {cfg:#x}; {_USED | _ENABLE:#x} is what the emulator has."
        elif slot & ~0xF00 != 1:
            wrong = f"SL0CFG of the ADC is {slot:#x}; 14 bits without an average are what there is."
        elif slot >> 8 != _SUPPLY_BY_3:
            wrong = self._pad_problem(slot >> 8)
        if wrong:
            raise WrongUseError(wrong)

    def _pad_problem(self, channel: int) -> str:
        given = self.system.board.defines
        for name in ("analog", "microphone"):
            if given.get(f"{name}_input") == channel:
                return self.system.models.one(Gpio).analog_problem(given[f"{name}_pad"])
        return f"the ADC converts its input {channel}, on which the board has nothing."

    def _end_of(self, number: int) -> int:
        """Return when a conversion of the series ends, counted from 0."""
        assert self._pace is not None
        return self._pace.end_of(self._turns_before + number) + self._conversion if number else self._first

    def _catch_up(self) -> None:
        now = self.system.now()
        if self._pace is None or now < self._next:
            return
        due = self._pace.turns(now - self._conversion) - self._turns_before + 1
        counts, was = self._convert(due - self._done), len(self._fifo)
        self._done, self._next = due, self._end_of(due)
        self._fifo.extend(counts[: _ENTRIES - was])
        self._status.value |= _CONVERSION | _SCAN
        for size, bit in ((_MOST, _MOST_FULL), (_ENTRIES, _FULL)):
            if was < size <= len(self._fifo):
                self._status.value |= bit
        self._update()

    def _convert(self, new: int) -> list[int]:
        channel, given = self._slot.value >> 8 & 0xF, self.system.board.defines
        assert self._pace is not None
        if channel == given.get("microphone_input"):
            rate = Fraction(self.system.board.clock.hz, self._pace.cycles)
            return self._microphone.take(new, rate, _REFERENCE_MV, _BITS)
        if channel == given.get("analog_input"):
            times = [self._end_of(self._done + place) for place in range(new)]
            return [self._pin.sample(_REFERENCE_MV, _BITS, when) for when in times]
        analog = self.system.board.analog
        supply_by_3 = Fraction(analog.supply_mv if analog else 0, 3)
        return [math.floor(supply_by_3 * (1 << _BITS) / _REFERENCE_MV + Fraction(1, 2))] * new

    def _plan(self) -> None:
        """Be there for the conversion that raises an interrupt next, if one is waited for."""
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if self._pace is None:
            return
        waited = self._enabled.value
        more = [
            size - len(self._fifo) for size, bit in ((_MOST, _MOST_FULL), (_ENTRIES, _FULL)) if waited & bit
        ]
        if waited & (_CONVERSION | _SCAN):
            more.append(1)
        ahead = [each for each in more if each > 0]
        if ahead:
            self._event = self.system.at(self._end_of(self._done + min(ahead) - 1), self._catch_up)


MODELS: dict[str, type[Peripheral]] = {"apollo3_adc": Adc}
