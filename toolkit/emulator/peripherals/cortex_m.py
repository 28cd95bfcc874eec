# SPDX-License-Identifier: Apache-2.0
"""The core's own registers: system control space and DWT; nvic.py has NVIC and SysTick. On every board.

Source: ARM DDI 0403E (ARMv7-M Architecture Reference Manual) B3 and C1; ARM DDI 0419E (ARMv6-M) B3, which
leaves out most of it and takes only whole words; ARM DDI 0439 (Cortex-M4),
DDI 0489 (Cortex-M7) for reset values.
"""

from __future__ import annotations

from collections.abc import Callable

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.exceptions import (
    BUS_FAULT,
    FIRST_INTERRUPT,
    MEM_MANAGE,
    NMI,
    PEND_SV,
    SV_CALL,
    SYS_TICK,
    USAGE_FAULT,
)
from toolkit.emulator.peripherals.nvic import refuse_parts
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral

SCS_BASE = 0xE000E000
DWT_BASE = 0xE0001000
_LOCK_KEY = 0xC5ACCE55
_AIRCR_KEY = 0x05FA
_SYSRESETREQ = 4
_TRCENA = 1 << 24
_CP10_CP11 = 0xF << 20


# SHCSR's bits of what is active (B3.2.13).
_ACTIVE_BITS = {MEM_MANAGE: 0, BUS_FAULT: 1, USAGE_FAULT: 3, SV_CALL: 7, 12: 8, PEND_SV: 10, SYS_TICK: 11}
_ASPEN, _LSPEN, _LSPACT = 1 << 31, 1 << 30, 1
_SEVONPEND, _SLEEPONEXIT = 1 << 4, 1 << 1


class SystemControl(Peripheral):
    """SCB, FPU context control, MPU (stored, not enforced)."""

    reset_requested = False

    def set_up(self) -> None:
        """Define the registers of the SCS; the settings are the core's, and vtor is where flash starts."""
        self.uses_fpu: Callable[[], bool] = lambda: False
        self.on_clean: list[Callable[[int], None]] = []
        self._exceptions = self.system.exceptions
        self._is_v6m = bool(self.settings.get("is_v6m"))
        self._set_up_scb()
        self._set_up_mpu()
        if not self._is_v6m:
            self._set_up_v7m()
        if self.settings["caches"]:
            self._set_up_caches()

    def _set_up_mpu(self) -> None:
        self.define(0xD90, "MPU_TYPE", 0x800, writable=0)
        for offset, name in (
            (0xD94, "MPU_CTRL"),
            (0xD98, "MPU_RNR"),
            (0xD9C, "MPU_RBAR"),
            (0xDA0, "MPU_RASR"),
        ):
            self.define(offset, name)

    def _set_up_scb(self) -> None:
        self.define(0xD00, "CPUID", self.settings["cpuid"], writable=0)
        self.define(0xD04, "ICSR", on_read=self._read_icsr)
        self.vtor = self.define(
            0xD08, "VTOR", self.settings["vtor"], writable=0xFFFFFF80, on_write=self._check_vtor
        )
        self.define(
            0xD0C,
            "AIRCR",
            on_read=lambda: 0xFA050000 | self._exceptions.prigroup << 8,
            on_write=self._write_aircr,
        )
        self.scr = self.define(0xD10, "SCR", writable=0x16)
        writable = 0 if self._is_v6m else 0x7031B
        self.ccr = self.define(0xD14, "CCR", self.settings["ccr"], writable=writable)
        for offset in (0xD1C, 0xD20) if self._is_v6m else (0xD18, 0xD1C, 0xD20):
            self.define(offset, f"SHPR{(offset - 0xD14) // 4}", on_read=self._shpr_reader(offset - 0xD14))

    def _set_up_v7m(self) -> None:
        self.define(0x004, "ICTR", (self._exceptions.lines - 1) // 32, writable=0)
        self.shcsr = self.define(0xD24, "SHCSR", writable=0x7 << 16, on_read=self._read_shcsr)
        self.cfsr = self.define(0xD28, "CFSR", writable=0)
        self.cfsr.on_write = None
        self.hfsr = self.define(0xD2C, "HFSR", writable=0)
        self.define(0xD30, "DFSR")
        self.mmfar = self.define(0xD34, "MMFAR")
        self.bfar = self.define(0xD38, "BFAR")
        self.cpacr = self.define(0xD88, "CPACR", writable=_CP10_CP11)
        self.demcr = self.define(0xDFC, "DEMCR")
        self.define(
            0xF00, "STIR", on_write=lambda value: self._exceptions.pend(FIRST_INTERRUPT + (value & 0x1FF))
        )
        self._set_up_fpu()

    def _set_up_fpu(self) -> None:
        self._fpccr = self.define(0xF34, "FPCCR", _ASPEN | _LSPEN, on_write=self._check_fpccr)
        self._fpccr.on_read = lambda: self._fpccr.value & ~_LSPACT | self.takes_lazy_state(end=False)
        self._fpcar = self.define(0xF38, "FPCAR", writable=0xFFFFFFF8)
        self.define(0xF3C, "FPDSCR", on_write=_refuse_fpdscr)

    def _check_fpccr(self, value: int) -> None:
        if not value & _ASPEN:
            raise WrongUseError("FPCCR.ASPEN is switched off; the emulator always keeps the FPU's context.")

    def note_fpu_frame(self, address: int) -> None:
        """Take the place of FPU registers in a frame; they count as not yet stored if that is lazy."""
        self._fpcar.value = address
        lspact = _LSPACT if self._fpccr.value & _LSPEN else 0
        self._fpccr.value = self._fpccr.value & ~_LSPACT | lspact

    def fpu_frame_is_used(self) -> None:
        """A handler ends: if it used the FPU, the registers in the frame were stored when it did."""
        if self.uses_fpu():
            self._fpccr.value &= ~_LSPACT

    def takes_lazy_state(self, *, end: bool = True) -> bool:
        """Return whether the FPU registers of the last frame are still in the FPU; end ends that."""
        is_lazy = bool(self._fpccr.value & _LSPACT) and not self.uses_fpu()
        if end:
            self._fpccr.value &= ~_LSPACT
        return is_lazy

    def _shpr_reader(self, first: int) -> Callable[[], int]:
        return lambda: sum(self._exceptions.priority(first + index) << 8 * index for index in range(4))

    def _read_icsr(self) -> int:
        state = self._exceptions
        first = state.first_pending() or 0
        value = (state.active[-1] if state.active else 0) | first << 12
        value |= (len(state.active) <= 1 and not self._is_v6m) << 11
        value |= any(number >= FIRST_INTERRUPT for number in state.pending) << 22
        for number, bit in ((SYS_TICK, 26), (PEND_SV, 28), (NMI, 31)):
            value |= (number in state.pending) << bit
        return value

    def _write_icsr(self, value: int) -> None:
        for number, bit in ((SYS_TICK, 26), (PEND_SV, 28), (NMI, 31)):
            if value >> bit & 1:
                self._exceptions.pend(number)
        for number, bit in ((SYS_TICK, 25), (PEND_SV, 27)):
            if value >> bit & 1:
                self._exceptions.unpend(number)

    def _read_shcsr(self) -> int:
        active = self._exceptions.active
        return self.shcsr.value | sum((number in active) << bit for number, bit in _ACTIVE_BITS.items())

    def _check_vtor(self, value: int) -> None:
        """The table is aligned to its size, rounded up to a power of two (B3.2.5)."""
        words = FIRST_INTERRUPT + self._exceptions.lines
        size = 4 << (words - 1).bit_length()
        if value % size:
            raise WrongUseError(
                f"VTOR is set to {value:#010x}; a table of {words} vectors must be aligned to {size} bytes."
            )

    def _write_aircr(self, value: int) -> None:
        if value >> 16 != _AIRCR_KEY:
            return
        self._exceptions.prigroup = 0 if self._is_v6m else value >> 8 & 7
        self._exceptions.changed()
        if value & _SYSRESETREQ:
            self.reset_requested = True

    def _set_up_caches(self) -> None:
        self.define(0x008, "ACTLR")
        self.define(0xD78, "CLIDR", 0x09000003, writable=0)
        self.define(0xD7C, "CTR", 0x8303C003, writable=0)
        self.define(0xD80, "CCSIDR", writable=0, on_read=self._cache_size)
        self._csselr = self.define(0xD84, "CSSELR", writable=1)
        for offset in (0xF50, *range(0xF58, 0xF7C, 4)):
            self.define(offset, f"cache maintenance {offset:#x}")
        for offset in (0xF68, 0xF70):
            self.define(offset, "DCCMVAC" if offset == 0xF68 else "DCCIMVAC", on_write=self._clean)
        self.define(0xF90, "ITCMCR")
        self.define(0xF94, "DTCMCR")
        self.define(0xF9C, "CACR")

    def _clean(self, address: int) -> None:
        for call in self.on_clean:
            call(address & ~0x1F)

    def _cache_size(self) -> int:
        """4 kB each: 2 ways of 64 lines for instructions, 4 ways of 32 lines for data, 32 bytes a line."""
        return 0xF007E009 if self._csselr.value & 1 else 0xF003E019

    @property
    def fpu_is_on(self) -> bool:
        """Whether software has full access to coprocessors 10 and 11."""
        return self.cpacr.value & _CP10_CP11 == _CP10_CP11

    @property
    def sends_event_on_pend(self) -> bool:
        """SCR.SEVONPEND: whether an interrupt that becomes pending is an event for WFE."""
        return bool(self.scr.value & _SEVONPEND)

    @property
    def sleeps_on_exit(self) -> bool:
        """SCR.SLEEPONEXIT: whether the core sleeps when it returns to thread mode."""
        return bool(self.scr.value & _SLEEPONEXIT)

    def read(self, offset: int, size: int) -> int:
        """Read as any register."""
        refuse_parts(self, size)
        return super().read(offset, size)

    def write(self, offset: int, size: int, value: int) -> None:
        """Write as any register; CFSR, HFSR are cleared by ones, ICSR keeps nothing, SHPR are priorities."""
        refuse_parts(self, size)
        word, shift = offset & ~3, 8 * (offset % 4)
        if word in (0xD28, 0xD2C):
            self._find(offset).value &= ~(value << shift) & WORD
        elif word == 0xD04:
            self._write_icsr(value << shift)
        elif word in (0xD18, 0xD1C, 0xD20):
            self._find(offset)
            for index in range(size):
                number = offset - 0xD14 + index
                self._exceptions.set_priority(number, value >> 8 * index & 0xFF)
        else:
            super().write(offset, size, value)


class Dwt(Peripheral):
    """The cycle counter. It counts instructions, or cycles where the machine has a model of its core."""

    def set_up(self) -> None:
        """Define DWT_CTRL and CYCCNT, and on the Cortex-M7 the lock that stands before them."""
        self._is_locked = bool(self.settings["locked"])
        self._start = 0
        self._held = 0
        self.define(0x000, "DWT_CTRL", 0x40000000, writable=0)
        self.define(0x004, "DWT_CYCCNT", writable=0, on_read=self._count)
        if self._is_locked:
            self.define(0xFB0, "DWT_LAR")
            self.define(0xFB4, "DWT_LSR", on_read=lambda: 1 | 2 * self._is_locked)

    def _is_counting(self) -> bool:
        return bool(self._find(0).value & 1)

    def _count(self) -> int:
        return (self.system.cycles() - self._start) & WORD if self._is_counting() else self._held

    def read(self, offset: int, size: int) -> int:
        """Read a register; without DEMCR.TRCENA everything reads as 0."""
        value = super().read(offset, size)
        return value if self._has_power() else 0

    def write(self, offset: int, size: int, value: int) -> None:
        """Write a register; ignored while locked or without DEMCR.TRCENA."""
        self._find(offset)
        if offset == 0xFB0:
            self._is_locked = value != _LOCK_KEY
        if self._is_locked or not self._has_power():
            return
        if offset == 0:
            self._switch(value)
        elif offset == 4:
            self._start = self.system.cycles() - value
            self._held = value

    def _switch(self, value: int) -> None:
        control = self._find(0)
        self._held = self._count()
        self._start = self.system.cycles() - self._held
        control.value = control.value & ~1 | value & 1

    def _has_power(self) -> bool:
        return bool(self.system.models.one(SystemControl).demcr.value & _TRCENA)


def _refuse_fpdscr(value: int) -> None:
    if value:
        raise WrongUseError("FPDSCR is set; in the emulator each FPU context starts with FPSCR = 0.")
