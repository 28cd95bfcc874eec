# SPDX-License-Identifier: Apache-2.0
"""The core's own registers: system control space and DWT. Mapped for every board.

Source: ARM DDI 0403E (ARMv7-M Architecture Reference Manual) B3 and C1; ARM DDI 0439 (Cortex-M4),
DDI 0489 (Cortex-M7) for reset values.
"""

from __future__ import annotations

from toolkit.emulator.error import WrongUseError
from toolkit.emulator.peripherals.peripheral import WORD, Peripheral

SCS_BASE = 0xE000E000
DWT_BASE = 0xE0001000
_LOCK_KEY = 0xC5ACCE55
_AIRCR_KEY = 0x05FA
_SYSRESETREQ = 4
_TRCENA = 1 << 24
_CP10_CP11 = 0xF << 20


class SystemControl(Peripheral):
    """SysTick without its interrupt, NVIC with every interrupt off, SCB, MPU (stored, not enforced)."""

    reset_requested = False
    exception = 0

    def set_up(self) -> None:
        """Define the registers of the SCS; the settings are the core's, and vtor is where flash starts."""
        self._set_up_systick()
        self._set_up_nvic()
        self._set_up_scb()
        self.define(0xD90, "MPU_TYPE", 0x800, writable=0)
        for offset, name in (
            (0xD94, "MPU_CTRL"),
            (0xD98, "MPU_RNR"),
            (0xD9C, "MPU_RBAR"),
            (0xDA0, "MPU_RASR"),
        ):
            self.define(offset, name)
        self.demcr = self.define(0xDFC, "DEMCR")
        if self.settings["caches"]:
            self._set_up_caches()

    def _set_up_systick(self) -> None:
        self._systick_start = 0
        self._csr = self.define(0x010, "SYST_CSR", writable=7, on_write=self._start_systick)
        self._rvr = self.define(0x014, "SYST_RVR", writable=0xFFFFFF)
        self.define(0x018, "SYST_CVR", on_read=self._systick_value, on_write=self._restart_systick)

    def _start_systick(self, value: int) -> None:
        if value & 2:
            raise WrongUseError("SysTick's interrupt is switched on; the emulator has no interrupts.")
        self._systick_start = self.system.now()

    def _restart_systick(self, _value: int) -> None:
        self._systick_start = self.system.now()

    def _systick_value(self) -> int:
        if not self._csr.value & 1:
            return 0
        gone = self.system.now() - self._systick_start
        return self._rvr.value - gone % (self._rvr.value + 1)

    def _set_up_nvic(self) -> None:
        for index in range(8):
            self.define(0x100 + 4 * index, f"NVIC_ISER{index}", on_write=_refuse_interrupts)
            for base, name in ((0x180, "ICER"), (0x280, "ICPR")):
                self.define(base + 4 * index, f"NVIC_{name}{index}", writable=0)

    def _set_up_scb(self) -> None:
        self.define(0xD00, "CPUID", self.settings["cpuid"], writable=0)
        self.define(0xD04, "ICSR", on_read=lambda: self.exception)
        self.vtor = self.define(0xD08, "VTOR", self.settings["vtor"], writable=0xFFFFFF80)
        self.define(0xD0C, "AIRCR", on_read=lambda: 0xFA050000, on_write=self._write_aircr)
        self.define(0xD10, "SCR")
        self.ccr = self.define(0xD14, "CCR", self.settings["ccr"], writable=0x7031B)
        for offset in (0xD18, 0xD1C, 0xD20):
            self.define(offset, f"SHPR{(offset - 0xD14) // 4}")
        self.shcsr = self.define(0xD24, "SHCSR", writable=0x7 << 16)
        self.cfsr = self.define(0xD28, "CFSR", writable=0)
        self.cfsr.on_write = None
        self.hfsr = self.define(0xD2C, "HFSR", writable=0)
        self.define(0xD30, "DFSR")
        self.mmfar = self.define(0xD34, "MMFAR")
        self.bfar = self.define(0xD38, "BFAR")
        self.cpacr = self.define(0xD88, "CPACR", writable=_CP10_CP11)
        self.define(0xF34, "FPCCR", 0xC0000000)
        self.define(0xF38, "FPCAR")
        self.define(0xF3C, "FPDSCR")

    def _write_aircr(self, value: int) -> None:
        if value >> 16 == _AIRCR_KEY and value & _SYSRESETREQ:
            self.reset_requested = True

    def _set_up_caches(self) -> None:
        self.define(0x008, "ACTLR")
        self.define(0xD78, "CLIDR", 0x09000003, writable=0)
        self.define(0xD7C, "CTR", 0x8303C003, writable=0)
        self.define(0xD80, "CCSIDR", writable=0, on_read=self._cache_size)
        self._csselr = self.define(0xD84, "CSSELR", writable=1)
        for offset in (0xF50, *range(0xF58, 0xF7C, 4)):
            self.define(offset, f"cache maintenance {offset:#x}")
        self.define(0xF90, "ITCMCR")
        self.define(0xF94, "DTCMCR")
        self.define(0xF9C, "CACR")

    def _cache_size(self) -> int:
        """4 kB each: 2 ways of 64 lines for instructions, 4 ways of 32 lines for data, 32 bytes a line."""
        return 0xF007E009 if self._csselr.value & 1 else 0xF003E019

    @property
    def fpu_is_on(self) -> bool:
        """Whether software has full access to coprocessors 10 and 11."""
        return self.cpacr.value & _CP10_CP11 == _CP10_CP11

    def write(self, offset: int, size: int, value: int) -> None:
        """Write as any register; CFSR, HFSR are cleared by writing ones."""
        if offset & ~3 in (0xD28, 0xD2C):
            register = self._find(offset)
            register.value &= ~(value << 8 * (offset % 4)) & WORD
            return
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


def _refuse_interrupts(value: int) -> None:
    if value:
        raise WrongUseError("an interrupt is switched on; the emulator has no interrupts.")
