# SPDX-License-Identifier: Apache-2.0
"""The NVIC's registers and SysTick.

Source: ARM DDI 0403E (ARMv7-M) and DDI 0419E (ARMv6-M), B3.3 (SysTick) and B3.4 (NVIC).
"""

from __future__ import annotations

from toolkit.emulator.error import UnknownRegisterError, WrongUseError
from toolkit.emulator.events import Event
from toolkit.emulator.exceptions import FIRST_INTERRUPT, SYS_TICK
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral

SYSTICK_BASE = 0xE000E010
NVIC_BASE = 0xE000E100
NVIC_BYTES = 0x400
_ENABLE, _TICKINT, _CLKSOURCE, _COUNTFLAG = 1, 2, 4, 1 << 16
_IPR = 0x300


def refuse_parts(model: Peripheral, size: int) -> None:
    """Raise WrongUseError for an access that the system's own registers of ARMv6-M do not take (B3.1.1)."""
    if size != 4 and model.settings.get("is_v6m"):
        raise WrongUseError(f"ARMv6-M takes only whole words of {model.name}, here are {size} bytes.")


class Nvic(Peripheral):
    """ISER, ICER, ISPR, ICPR, IABR and IPR, for as many interrupts as the board's [emulation] has."""

    def set_up(self) -> None:
        """Nothing to define: every register is a view of the exceptions' state."""
        self._exceptions = self.system.exceptions

    def read(self, offset: int, size: int) -> int:
        """Read size bytes."""
        refuse_parts(self, size)
        value = sum(self._byte(offset + index) << 8 * index for index in range(size))
        return value & WORD

    def _byte(self, offset: int) -> int:
        if offset >= _IPR:
            return self._exceptions.priority(FIRST_INTERRUPT + offset - _IPR)
        states = (self._exceptions.enabled, self._exceptions.pending, set(self._exceptions.active))
        chosen = {0x000: 0, 0x080: 0, 0x100: 1, 0x180: 1, 0x200: 2}.get(offset & ~0x7F)
        if chosen is None:
            raise UnknownRegisterError(f"NVIC has no register at offset {offset:#05x} in the emulator.")
        first = FIRST_INTERRUPT + 8 * (offset & 0x1F)
        return sum((first + bit in states[chosen]) << bit for bit in range(8))

    def write(self, offset: int, size: int, value: int) -> None:
        """Write size bytes: ones set or clear, of IPR each byte is an interrupt's priority."""
        refuse_parts(self, size)
        for index in range(size):
            self._write_byte(offset + index, value >> 8 * index & 0xFF)

    def _write_byte(self, offset: int, value: int) -> None:
        if offset >= _IPR:
            self._exceptions.set_priority(FIRST_INTERRUPT + offset - _IPR, value)
            return
        self._byte(offset)
        for bit in range(8):
            if value >> bit & 1:
                self._set(offset & ~0x7F, FIRST_INTERRUPT + 8 * (offset & 0x1F) + bit)

    def _set(self, register: int, number: int) -> None:
        if register in (0x000, 0x080):
            self._exceptions.enable(number, register == 0x000)
        elif register == 0x100:
            self._exceptions.pend(number)
        elif register == 0x180:
            self._exceptions.unpend(number)


class SysTick(Peripheral):
    """SysTick, which counts the core's cycles down from RVR to 0, RVR + 1 of them each time.

    On ARMv6-M, where it is the firmware's cycle counter, it counts what the machine counts: cycles by the
    model of the core, if there is one. Elsewhere it has the board's time, as everything else.
    """

    def set_up(self) -> None:
        """Define CSR, RVR, CVR and CALIB."""
        self._is_modelled = bool(self.settings.get("is_v6m")) and self.system.cycles != self.system.now
        self._time = self.system.cycles if self._is_modelled else self.system.now
        self._zero_at: int | None = None
        self._was_zero_at = -1
        self._held = 0
        self._has_passed = False
        self._event: Event | None = None
        self._control = self.define(
            0x0, "SYST_CSR", writable=7, on_read=self._read_control, on_write=self._switch
        )
        self._reload = self.define(0x4, "SYST_RVR", writable=0xFFFFFF)
        self.define(0x8, "SYST_CVR", writable=0, on_read=self._value, on_write=self._clear)
        self.define(0xC, "SYST_CALIB", 1 << 31, writable=0)
        self._runs = False

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; what was reloaded until now was reloaded from the old RVR."""
        refuse_parts(self, size)
        self._catch_up()
        super().write(offset, size, value)

    def _switch(self, value: int) -> None:
        runs = bool(value & _ENABLE)
        if runs and not value & _CLKSOURCE:
            raise WrongUseError("SysTick runs from the core clock only (SYST_CSR.CLKSOURCE = 1).")
        if runs and not self._runs:
            self._start(self._held)
        elif self._runs and not runs:
            self._held, self._zero_at = self._value(), None
        self._runs = runs
        self._plan()

    def _clear(self, _value: int) -> None:
        self._held, self._has_passed = 0, False
        if self._runs:
            self._start(0)
        self._plan()

    def _start(self, value: int) -> None:
        """Count down from value; from 0 the next cycle loads RVR, and a RVR of 0 keeps it there (B3.3.1)."""
        now, reload = self._time(), self._reload.value
        self._was_zero_at = -1 if value else now
        self._zero_at = now + (value or reload + 1) if value or reload else None

    def _value(self) -> int:
        if not self._runs or self._zero_at is None:
            return self._held
        self._catch_up()
        now = self._time()
        return 0 if self._zero_at is None or now == self._was_zero_at else self._zero_at - now

    def _read_control(self) -> int:
        self._catch_up()
        passed, self._has_passed = self._has_passed, False
        return self._control.value | (_COUNTFLAG if passed else 0)

    def _catch_up(self) -> None:
        now, period = self._time(), self._reload.value + 1
        if self._zero_at is None or now < self._zero_at:
            return
        self._has_passed = True
        self._was_zero_at = self._zero_at + (now - self._zero_at) // period * period
        self._zero_at = self._was_zero_at + period if self._reload.value else None
        if self._is_modelled and self._control.value & _TICKINT:
            self.system.exceptions.pend(SYS_TICK)

    def _plan(self) -> None:
        """Ask for a call at the next 0 if it is an interrupt."""
        if self._event is not None:
            self._event.cancel()
            self._event = None
        if self._zero_at is not None and self._control.value & _TICKINT:
            self._event = self.system.events.at(self._look_at(self._zero_at), self._reach_zero)

    def _look_at(self, zero_at: int) -> int:
        """Return the board's time at which to look whether it is 0. There are hardly fewer instructions left
        than half of the modelled cycles.
        """
        if not self._is_modelled:
            return zero_at
        return self.system.now() + max(1, (zero_at - self._time()) // 2)

    def _reach_zero(self) -> None:
        self._event = None
        if self._is_modelled and self._zero_at is not None and self._time() < self._zero_at:
            self._plan()
            return
        self._catch_up()
        self._plan()
        self.system.exceptions.pend(SYS_TICK)
