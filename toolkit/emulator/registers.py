# SPDX-License-Identifier: Apache-2.0
"""The special registers of M-profile on both of unicorn's CPUs: stacks, masks, CONTROL, status.

Source: ARM DDI 0403E (ARMv7-M Architecture Reference Manual), B1.4.
"""

from __future__ import annotations

from typing import Any

from unicorn import arm_const as arm

from toolkit.emulator.exceptions import Masks
from toolkit.emulator.unicorn_engine import RegisterAccess

MSP, PSP, PRIMASK, BASEPRI, BASEPRI_MAX, FAULTMASK, CONTROL = 8, 9, 16, 17, 18, 19, 20
SPSEL, FPCA = 2, 4
FLAGS = 0xF80F0000
THUMB_BIT = 1 << 24
_NATIVE = {
    MSP: arm.UC_ARM_REG_MSP,
    PSP: arm.UC_ARM_REG_PSP,
    PRIMASK: arm.UC_ARM_REG_PRIMASK,
    BASEPRI: arm.UC_ARM_REG_BASEPRI,
    FAULTMASK: arm.UC_ARM_REG_FAULTMASK,
    CONTROL: arm.UC_ARM_REG_CONTROL,
}
_SFPA = 8
"""unicorn's Cortex-M4 starts a new context of the FPU unless this bit of ARMv8-M is set with FPCA."""
_CPSR_BIT = {PRIMASK: 7, FAULTMASK: 6}
_IT_STATE = 0x0600FC00


class Registers:
    """The registers of unicorn's own M-profile CPU. fields are those of the counter."""

    status_register = arm.UC_ARM_REG_XPSR

    def __init__(self, access: RegisterAccess, fields: Any) -> None:
        self.access = access
        self.fields = fields

    def read(self, number: int) -> int:
        """Return a special register, by its number in MRS."""
        return self.access.read(_NATIVE[number])

    def write(self, number: int, value: int) -> None:
        """Set a special register, by its number in MSR."""
        if number == CONTROL and value & FPCA:
            value |= _SFPA
        self.access.write(_NATIVE[number], value)

    def masks(self) -> Masks:
        """Return what holds exceptions back."""
        return Masks(self.read(PRIMASK), self.read(FAULTMASK), self.read(BASEPRI))

    def flags(self) -> int:
        """Return N, Z, C, V, Q and GE."""
        return self.access.read(self.status_register) & FLAGS

    def is_in_it_block(self) -> bool:
        """Return whether the next instruction stands in an IT block."""
        return bool(self.access.read(self.status_register) & _IT_STATE)

    def set_mode(self, number: int, flags: int, control: int) -> None:
        """Be in the handler of exception number, or with 0 in thread mode, on the stack that CONTROL says."""
        self.write(CONTROL, control)
        self.access.write(self.status_register, flags | THUMB_BIT | number)


class ProfileARegisters(Registers):
    """The same on the A-profile CPU, which has none of them but the masks, in CPSR."""

    status_register = arm.UC_ARM_REG_CPSR

    def __init__(self, access: RegisterAccess, fields: Any) -> None:
        super().__init__(access, fields)
        self._control = 0
        self._exception = 0
        self._other_stack = 0

    def _is_on_psp(self) -> bool:
        return bool(self._control & SPSEL) and not self._exception

    def read(self, number: int) -> int:
        """Return a special register; of IPSR and APSR, 0 to 7, what B5.2.2 gives; unknown ones are 0."""
        if number < MSP:
            return (self._exception if number & 1 else 0) | (0 if number & 4 else self.flags())
        if number in (MSP, PSP):
            is_current = (number == PSP) == self._is_on_psp()
            return self.access.read(arm.UC_ARM_REG_SP) if is_current else self._other_stack
        if number in _CPSR_BIT:
            return self.access.read(arm.UC_ARM_REG_CPSR) >> _CPSR_BIT[number] & 1
        if number in (BASEPRI, BASEPRI_MAX):
            return int(self.fields.basepri)
        return self._control | FPCA * self.fields.fpu_is_used if number == CONTROL else 0

    def write(self, number: int, value: int) -> None:
        """Set a special register; what MSR would not change stays."""
        if number in (MSP, PSP):
            self._set_stack(number, value & ~3)
        elif number in _CPSR_BIT:
            bit = _CPSR_BIT[number]
            status = self.access.read(arm.UC_ARM_REG_CPSR) & ~(1 << bit)
            self.access.write(arm.UC_ARM_REG_CPSR, status | (value & 1) << bit)
        elif number == BASEPRI or (number == BASEPRI_MAX and self._is_lower(value & 0xFF)):
            self.fields.basepri = value & 0xFF
        elif number == CONTROL:
            self.fields.fpu_is_used = value >> 2 & 1
            stack = self._control if self._exception else value
            self._change(self._exception, value & 1 | stack & SPSEL)

    def _is_lower(self, value: int) -> bool:
        return bool(value) and (not self.fields.basepri or value < self.fields.basepri)

    def _set_stack(self, number: int, value: int) -> None:
        if (number == PSP) == self._is_on_psp():
            self.access.write(arm.UC_ARM_REG_SP, value)
        else:
            self._other_stack = value

    def _change(self, exception: int, control: int) -> None:
        was = self._is_on_psp()
        self._exception, self._control = exception, control
        if self._is_on_psp() != was:
            current = self.access.read(arm.UC_ARM_REG_SP)
            self.access.write(arm.UC_ARM_REG_SP, self._other_stack)
            self._other_stack = current

    def set_mode(self, number: int, flags: int, control: int) -> None:
        """Be in a handler or in thread mode."""
        self.fields.fpu_is_used = control >> 2 & 1
        self._change(number, control & 3)
        kept = self.access.read(arm.UC_ARM_REG_CPSR) & 0x1FF
        self.access.write(arm.UC_ARM_REG_CPSR, kept | flags | 0x20)
