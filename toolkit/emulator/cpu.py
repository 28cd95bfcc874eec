# SPDX-License-Identifier: Apache-2.0
"""The core: unicorn's CPU, with the exceptions of ARMv7-M that unicorn leaves to its user.

Cores of M-profile run on unicorn's Cortex-M4. Where toolkit/targets/cores.py says so, a core runs on the
A-profile "max" CPU in Thumb state, and what only M-profile has is added here.
Source: ARM DDI 0403E (ARMv7-M Architecture Reference Manual), B1.4 and B1.5.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from unicorn import arm_const as arm
from unicorn import unicorn_const as uc

from toolkit.emulator.peripherals.cortex_m import SystemControl
from toolkit.emulator.unicorn_engine import EngineError, new_engine
from toolkit.targets.cores import Emulated

HARD_FAULT, MEM_MANAGE, BUS_FAULT, USAGE_FAULT, SV_CALL = 3, 4, 5, 6, 11
NAMES = {3: "HardFault", 4: "MemManage", 5: "BusFault", 6: "UsageFault", 11: "SVCall"}
_ENABLE_BIT = {MEM_MANAGE: 16, BUS_FAULT: 17, USAGE_FAULT: 18}
IACCVIOL, IBUSERR, PRECISERR, UNDEFINSTR, INVSTATE, NOCP = 1, 1 << 8, 1 << 9, 1 << 16, 1 << 17, 1 << 19
STKERR = 1 << 12
_BFARVALID = 1 << 15
_FORCED = 1 << 30
_EXC_RETURN_MAIN = 0xFFFFFFF9
_EXC_RETURN_HANDLER = 0xFFFFFFF1
_THUMB_BIT = 1 << 24
_STACKED = (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3, arm.UC_ARM_REG_R12)
_IPSR, _MSP, _PSP, _PRIMASK, _BASEPRI, _FAULTMASK, _CONTROL = 5, 8, 9, 16, 17, 19, 20


class LockupError(ValueError):
    """The core would lock up: a fault for which there is no handler."""


@dataclass(frozen=True)
class Fault:
    """A fault that was delivered to the firmware: where, what kind, the address, and the link register."""

    number: int
    pc: int
    cfsr: int
    address: int | None = None
    link: int = 0

    @property
    def name(self) -> str:
        """What ARM calls it."""
        return NAMES[self.number]


class Cpu:
    """unicorn's CPU as an ARMv7-M core with its exceptions."""

    def __init__(self, emulated: Emulated) -> None:
        self.is_a_profile = emulated.profile == "A"
        mode = uc.UC_MODE_THUMB | (0 if self.is_a_profile else uc.UC_MODE_MCLASS)
        model = arm.UC_CPU_ARM_MAX if self.is_a_profile else arm.UC_CPU_ARM_CORTEX_M4
        self.uc = new_engine(uc.UC_ARCH_ARM, mode, model)
        self._special = dict.fromkeys((_PSP, _BASEPRI, _FAULTMASK, _CONTROL), 0)
        self.active: list[int] = []
        self.scb: SystemControl | None = None

    @property
    def pc(self) -> int:
        """The program counter."""
        return int(self.uc.reg_read(arm.UC_ARM_REG_PC)) & ~1

    @property
    def link(self) -> int:
        """The link register."""
        return int(self.uc.reg_read(arm.UC_ARM_REG_LR))

    def reset(self, scb: SystemControl, stack: int, start: int) -> None:
        """Take the vector table's first two words; the FPU belongs to the A-profile CPU's own switches."""
        self.scb = scb
        if self.is_a_profile:
            self.uc.reg_write(arm.UC_ARM_REG_C1_C0_2, 0xF << 20)
            self.uc.reg_write(arm.UC_ARM_REG_FPEXC, 1 << 30)
            unmasked = int(self.uc.reg_read(arm.UC_ARM_REG_CPSR)) & ~0x1C0
            self.uc.reg_write(arm.UC_ARM_REG_CPSR, unmasked)
        self.uc.reg_write(arm.UC_ARM_REG_SP, stack)
        self.uc.reg_write(arm.UC_ARM_REG_LR, 0xFFFFFFFF)
        self.uc.reg_write(arm.UC_ARM_REG_PC, start | 1)

    def deliver(self, fault: Fault) -> int:
        """Enter the handler of a fault and return its exception number, HardFault where it escalates.

        Raises LockupError if there is no handler or no stack for it.
        """
        assert self.scb is not None
        if HARD_FAULT in self.active:
            raise LockupError("a fault in the HardFault handler")
        number = fault.number
        enabled = self.scb.shcsr.value >> _ENABLE_BIT.get(number, 31) & 1
        if not enabled or self._is_masked() or any(active in _ENABLE_BIT for active in self.active):
            number = HARD_FAULT
            self.scb.hfsr.value |= _FORCED
        self.scb.cfsr.value |= fault.cfsr
        if fault.address is not None:
            self.scb.cfsr.value |= _BFARVALID
            self.scb.bfar.value = fault.address
        self.enter(number, fault.pc)
        return number

    def enter(self, number: int, return_to: int) -> None:
        """Push the frame of B1.5.6 and jump to the handler.

        Where the stack is not memory, the handler runs all the same, with STKERR set and no frame
        (B1.5, derived exceptions); only a HardFault locks the core up.
        """
        assert self.scb is not None
        handler = self._word(self.scb.vtor.value + 4 * number)
        if not handler & 1:
            raise LockupError(f"no handler for {NAMES.get(number, f'exception {number}')}")
        stack = int(self.uc.reg_read(arm.UC_ARM_REG_SP))
        aligned = (stack - 32) & ~7
        status = self._status() | (stack & 4) << 7
        values = [int(self.uc.reg_read(register)) for register in _STACKED]
        link = int(self.uc.reg_read(arm.UC_ARM_REG_LR))
        frame = struct.pack("<8I", *values, link, return_to, status)
        try:
            self.uc.mem_write(aligned, frame)
        except EngineError as error:
            if number == HARD_FAULT:
                raise LockupError(f"the stack pointer is {stack:#010x}, not in RAM") from error
            self.scb.cfsr.value |= STKERR
        exc_return = _EXC_RETURN_HANDLER if self.active else _EXC_RETURN_MAIN
        self.active.append(number)
        self.uc.reg_write(arm.UC_ARM_REG_SP, aligned)
        self.uc.reg_write(arm.UC_ARM_REG_LR, exc_return)
        self._set_status(number)
        self.uc.reg_write(arm.UC_ARM_REG_PC, handler | 1)

    def leave(self) -> None:
        """Return from the handler: pop the frame."""
        stack = int(self.uc.reg_read(arm.UC_ARM_REG_SP))
        *values, link, pc, status = struct.unpack("<8I", self.uc.mem_read(stack, 32))
        for register, value in zip(_STACKED, values, strict=True):
            self.uc.reg_write(register, value)
        self.active.pop()
        self.uc.reg_write(arm.UC_ARM_REG_SP, stack + 32 + (status >> 7 & 4))
        self.uc.reg_write(arm.UC_ARM_REG_LR, link)
        self._set_status(self.active[-1] if self.active else 0, status & 0xF80F0000)
        self.uc.reg_write(arm.UC_ARM_REG_PC, pc | 1)

    def is_exception_return(self, address: int) -> bool:
        """Return whether a jump to address is a return from an exception."""
        return bool(self.active) and address & 0xFFFFFFF0 == 0xFFFFFFF0

    def is_thumb(self) -> bool:
        """Return whether the core is in Thumb state, the only one that M-profile has."""
        return bool(int(self.uc.reg_read(arm.UC_ARM_REG_CPSR)) & 0x20)

    def _is_masked(self) -> bool:
        if self.is_a_profile:
            return bool(int(self.uc.reg_read(arm.UC_ARM_REG_CPSR)) & 0x80)
        return bool(self.uc.reg_read(arm.UC_ARM_REG_PRIMASK))

    def _status(self) -> int:
        number = self.active[-1] if self.active else 0
        flags = int(self.uc.reg_read(arm.UC_ARM_REG_CPSR if self.is_a_profile else arm.UC_ARM_REG_XPSR))
        return flags & 0xF80F0000 | _THUMB_BIT | number

    def _set_status(self, number: int, flags: int = 0) -> None:
        if self.is_a_profile:
            kept = int(self.uc.reg_read(arm.UC_ARM_REG_CPSR)) & 0x1FF
            self.uc.reg_write(arm.UC_ARM_REG_CPSR, kept | flags | 0x20)
        else:
            self.uc.reg_write(arm.UC_ARM_REG_XPSR, flags | _THUMB_BIT | number)
        assert self.scb is not None
        self.scb.exception = number

    def _word(self, address: int) -> int:
        try:
            return int.from_bytes(self.uc.mem_read(address, 4), "little")
        except EngineError as error:
            raise LockupError(f"the vector table at {address:#010x} is not in memory") from error

    def run_system_instruction(self, pc: int, code: bytes) -> bool:
        """Run MRS or MSR of M-profile's special registers on the A-profile CPU; return whether it was one."""
        if not self.is_a_profile or len(code) < 4:
            return False
        first, second = struct.unpack("<HH", code[:4])
        if first == 0xF3EF and second & 0xF000 == 0x8000:
            self.uc.reg_write(_register(second >> 8 & 0xF), self._read_special(second & 0xFF))
        elif first & 0xFFF0 == 0xF380 and second & 0xF000 == 0x8000:
            self._write_special(second & 0xFF, int(self.uc.reg_read(_register(first & 0xF))))
        else:
            return False
        self.uc.reg_write(arm.UC_ARM_REG_PC, (pc + 4) | 1)
        return True

    def _read_special(self, number: int) -> int:
        if number < 8:
            exception = self._status() & 0x1FF if number & 1 else 0
            return exception | (self._status() & 0xF80F0000 if not number & 4 else 0)
        if number == _MSP:
            return int(self.uc.reg_read(arm.UC_ARM_REG_SP))
        if number == _PRIMASK:
            return int(self._is_masked())
        return self._special.get(number, 0)

    def _write_special(self, number: int, value: int) -> None:
        if number == _MSP:
            self.uc.reg_write(arm.UC_ARM_REG_SP, value & ~3)
        elif number == _PRIMASK:
            status = int(self.uc.reg_read(arm.UC_ARM_REG_CPSR)) & ~0x80
            self.uc.reg_write(arm.UC_ARM_REG_CPSR, status | (value & 1) << 7)
        elif number in self._special:
            self._special[number] = value


def _register(number: int) -> int:
    return {13: arm.UC_ARM_REG_SP, 14: arm.UC_ARM_REG_LR}.get(number, arm.UC_ARM_REG_R0 + number)
