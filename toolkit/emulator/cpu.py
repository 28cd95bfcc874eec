# SPDX-License-Identifier: Apache-2.0
"""The core: unicorn's CPU, with the exceptions of M-profile that unicorn leaves to its user.

Cores of ARMv7-M run on unicorn's CPU of M-profile, those of ARMv6-M on its Cortex-M0, which has their
instructions only, but for IT and CBZ, and faults where an access is not aligned. Where
toolkit/targets/cores.py says so, a core runs on the A-profile "max" CPU in Thumb state, and what only
M-profile has is added here.
Interrupts are taken between two blocks, a block being what unicorn runs without a branch, never within an
IT block or an instruction: so EPSR's ICI/IT bits are 0 in every frame that an interrupt stacks.
FPU registers are stacked at once; FPCCR.LSPACT, FPCAR and CONTROL.FPCA are as if it were done when needed.
Source: ARM DDI 0403E (ARMv7-M Architecture Reference Manual) and DDI 0419E (ARMv6-M), B1.4 and B1.5.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

from unicorn import arm_const as arm
from unicorn import unicorn_const as uc

from toolkit.emulator.exceptions import (
    BUS_FAULT,
    HARD_FAULT,
    MEM_MANAGE,
    NMI,
    USAGE_FAULT,
    Exceptions,
    name_of,
)
from toolkit.emulator.peripherals.cortex_m import SystemControl
from toolkit.emulator.registers import CONTROL, FAULTMASK, FPCA, MSP, PSP, SPSEL, THUMB_BIT, Registers
from toolkit.emulator.registers import ProfileARegisters as _ProfileARegisters
from toolkit.emulator.unicorn_engine import EngineError, RegisterAccess, new_engine
from toolkit.targets.cores import Emulated

_ENABLE_BIT = {MEM_MANAGE: 16, BUS_FAULT: 17, USAGE_FAULT: 18}
IACCVIOL, IBUSERR, PRECISERR, UNDEFINSTR, INVSTATE, NOCP = 1, 1 << 8, 1 << 9, 1 << 16, 1 << 17, 1 << 19
IMPRECISERR, STKERR = 1 << 10, 1 << 12
_BFARVALID = 1 << 15
_FORCED = 1 << 30
_TO_HANDLER, _TO_MAIN_STACK, _TO_PROCESS_STACK = 1, 9, 0xD
_BASIC_FRAME = 1 << 4
_STACKED = (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3, arm.UC_ARM_REG_R12)
_FPU_STACKED = tuple(range(arm.UC_ARM_REG_D0, arm.UC_ARM_REG_D0 + 8))
_STKALIGN, _NONBASETHRDENA = 1 << 9, 1
# With UC_MODE_MCLASS unicorn 2.1 takes one and the same CPU, whichever model is named.
_ENGINES = {
    "M": (uc.UC_MODE_THUMB | uc.UC_MODE_MCLASS, arm.UC_CPU_ARM_CORTEX_M4),
    "v6-M": (uc.UC_MODE_THUMB, arm.UC_CPU_ARM_CORTEX_M0),
    "A": (uc.UC_MODE_THUMB, arm.UC_CPU_ARM_MAX),
}


class LockupError(ValueError):
    """The core would lock up: an exception for which there is no handler, or no stack."""


@dataclass(frozen=True)
class Fault:
    """A fault that was delivered to the firmware: where, what kind, the address, and the link register.

    why is what happened, where neither the kind nor a register says it.
    """

    number: int
    pc: int
    cfsr: int
    address: int | None = None
    link: int = 0
    why: str = ""

    @property
    def name(self) -> str:
        """What ARM calls it."""
        return name_of(self.number)


class Cpu:
    """unicorn's CPU as a core of M-profile with its exceptions."""

    def __init__(self, emulated: Emulated) -> None:
        self.is_a_profile = emulated.profile == "A"
        self.is_v6m = emulated.profile == "v6-M"
        self.uc = new_engine(uc.UC_ARCH_ARM, *_ENGINES[emulated.profile])
        self.access = RegisterAccess(self.uc)
        self.registers: Registers
        self.scb: SystemControl
        self.exceptions: Exceptions

    @property
    def pc(self) -> int:
        """The program counter."""
        return self.access.read(arm.UC_ARM_REG_PC) & ~1

    @property
    def link(self) -> int:
        """The link register."""
        return self.access.read(arm.UC_ARM_REG_LR)

    @property
    def result(self) -> int:
        """What a function that returns now gives back: r0."""
        return self.access.read(arm.UC_ARM_REG_R0)

    def reset(self, scb: SystemControl, fields: Any, stack: int, start: int) -> None:
        """Take the vector table's first two words; the FPU belongs to the A-profile CPU's own switches.

        fields are the counter's, which note the first use of the FPU.
        """
        self.scb, self.exceptions = scb, scb.system.exceptions
        if self.is_a_profile:
            self.access.write(arm.UC_ARM_REG_C1_C0_2, 0xF << 20)
            self.access.write(arm.UC_ARM_REG_FPEXC, 1 << 30)
            unmasked = self.access.read(arm.UC_ARM_REG_CPSR) & ~0x1C0
            self.access.write(arm.UC_ARM_REG_CPSR, unmasked)
        self.registers = (_ProfileARegisters if self.is_a_profile else Registers)(self.access, fields)
        scb.uses_fpu = lambda: bool(self.registers.read(CONTROL) & FPCA)
        self.access.write(arm.UC_ARM_REG_SP, stack)
        self.access.write(arm.UC_ARM_REG_LR, 0xFFFFFFFF)
        self.access.write(arm.UC_ARM_REG_PC, start | 1)

    def deliver(self, fault: Fault) -> int:
        """Enter the handler of a fault and return its exception number, HardFault where it escalates.

        Raises LockupError if there is no handler or no stack for it.
        """
        number, now = fault.number, self.exceptions.running(self.registers.masks())
        if now < 0:
            what = "the HardFault handler" if HARD_FAULT in self.exceptions.active else "code as urgent"
            raise LockupError(f"a fault in {what}")
        if self.is_v6m:
            self.enter(number, fault.pc)
            return number
        enabled = number not in _ENABLE_BIT or self.scb.shcsr.value >> _ENABLE_BIT[number] & 1
        if not enabled or self.exceptions.group(self.exceptions.priority(number)) >= now:
            number = HARD_FAULT
            self.scb.hfsr.value |= _FORCED
        self.scb.cfsr.value |= fault.cfsr
        if fault.address is not None:
            self.scb.cfsr.value |= _BFARVALID
            self.scb.bfar.value = fault.address
        self.enter(number, fault.pc)
        return number

    def as_taken(self, fault: Fault) -> Fault:
        """Return a fault as the core takes it: on ARMv6-M a HardFault, without a register that says why."""
        return replace(fault, number=HARD_FAULT, cfsr=0) if self.is_v6m else fault

    def next_interrupt(self) -> int | None:
        """Return the pending exception that is taken before the next instruction, if any."""
        if not self.exceptions.pending or self.registers.is_in_it_block():
            return None
        return self.exceptions.next(self.registers.masks())

    def enter(self, number: int, return_to: int) -> None:
        """Push the frame of B1.5.6 and jump to the handler.

        Where the stack is not memory, the handler runs all the same, with STKERR set and no frame
        (B1.5, derived exceptions), or on ARMv6-M HardFault's; only a HardFault locks the core up.
        """
        handler = self._handler(number)
        is_psp = bool(self.registers.read(CONTROL) & SPSEL)
        mode = _TO_HANDLER if self.exceptions.active else _TO_PROCESS_STACK if is_psp else _TO_MAIN_STACK
        has_fpu = bool(self.registers.read(CONTROL) & FPCA)
        stack = self.access.read(arm.UC_ARM_REG_SP)
        align = 4 if has_fpu or self.scb.ccr.value & _STKALIGN else 0
        frame = self._frame(return_to, has_fpu, bool(stack & align))
        start = (stack - len(frame)) & ~align
        try:
            self.uc.mem_write(start, frame)
        except EngineError as error:
            if number == HARD_FAULT:
                raise LockupError(f"the stack pointer is {stack:#010x}, not in RAM") from error
            if self.is_v6m:
                number, handler = HARD_FAULT, self._handler(HARD_FAULT)
            else:
                self.scb.cfsr.value |= STKERR
        if has_fpu:
            self.scb.note_fpu_frame(start + 32)
        self.access.write(arm.UC_ARM_REG_SP, start)
        self._start(number, handler, 0xFFFFFFE0 | (0 if has_fpu else _BASIC_FRAME) | mode)

    def _frame(self, return_to: int, has_fpu: bool, was_aligned: bool) -> bytes:
        values = [self.access.read(register) for register in (*_STACKED, arm.UC_ARM_REG_LR)]
        active = self.exceptions.active
        status = self.registers.flags() | THUMB_BIT | was_aligned << 9 | (active[-1] if active else 0)
        frame = struct.pack("<8I", *values, return_to, status)
        if not has_fpu:
            return frame
        doubles = [self.access.read(register) for register in _FPU_STACKED]
        return frame + struct.pack("<8Q2I", *doubles, self.access.read(arm.UC_ARM_REG_FPSCR), 0)

    def _start(self, number: int, handler: int, exc_return: int) -> None:
        self.exceptions.enter(number)
        self.registers.set_mode(number, 0, self.registers.read(CONTROL) & 1)
        self.access.write(arm.UC_ARM_REG_LR, exc_return)
        self.access.write(arm.UC_ARM_REG_PC, handler | 1)

    def leave(self, exc_return: int) -> None:
        """Return from the handler: into the next one that is pending, else to what the frame says.

        Raises LockupError for a value of EXC_RETURN, or a stack, that fits nothing.
        """
        self._check_return(exc_return)
        self.scb.fpu_frame_is_used()
        if self.exceptions.leave() != NMI:
            self.registers.write(FAULTMASK, 0)
        number = self.exceptions.next(self.registers.masks())
        if number is not None:
            self._start(number, self._handler(number), exc_return)
            return
        has_fpu = not exc_return & _BASIC_FRAME
        is_psp = exc_return & 0xF == _TO_PROCESS_STACK
        stack = self.registers.read(PSP if is_psp else MSP)
        *values, link, pc, status = struct.unpack("<8I", self._pop(stack, 32))
        for register, value in zip(_STACKED, values, strict=True):
            self.access.write(register, value)
        if has_fpu and not self.scb.takes_lazy_state():
            *doubles, fpscr, _ = struct.unpack("<8Q2I", self._pop(stack + 32, 72))
            for register, value in zip((*_FPU_STACKED, arm.UC_ARM_REG_FPSCR), (*doubles, fpscr), strict=True):
                self.access.write(register, value)
        active = self.exceptions.active
        control = self.registers.read(CONTROL) & 1 | FPCA * has_fpu | SPSEL * is_psp
        self.registers.set_mode(active[-1] if active else 0, status & 0xF80F0000, control)
        self.access.write(arm.UC_ARM_REG_SP, stack + (104 if has_fpu else 32) + (status >> 7 & 4))
        self.access.write(arm.UC_ARM_REG_LR, link)
        self.access.write(arm.UC_ARM_REG_PC, pc | 1)

    def _check_return(self, exc_return: int) -> None:
        """The integrity checks of B1.5.8; what would be a UsageFault (INVPC) ends the run."""
        mode, nested = exc_return & 0xF, len(self.exceptions.active) > 1
        to_thread = mode in (_TO_MAIN_STACK, _TO_PROCESS_STACK)
        may_leave = not nested or bool(self.scb.ccr.value & _NONBASETHRDENA)
        if not (nested and mode == _TO_HANDLER) and not (to_thread and may_leave):
            raise LockupError(f"a return from an exception with {exc_return:#010x}, which fits no state")

    def _pop(self, address: int, size: int) -> bytes:
        try:
            return bytes(self.uc.mem_read(address, size))
        except EngineError as error:
            raise LockupError(f"the frame at {address:#010x} is not in memory") from error

    def is_exception_return(self, address: int) -> bool:
        """Return whether a jump to address is a return from an exception."""
        return bool(self.exceptions.active) and address & 0xFFFFFFE0 == 0xFFFFFFE0

    def is_thumb(self) -> bool:
        """Return whether the core is in Thumb state, the only one that M-profile has."""
        return bool(self.access.read(arm.UC_ARM_REG_CPSR) & 0x20)

    def _handler(self, number: int) -> int:
        handler = self._word(self.scb.vtor.value + 4 * number)
        if not handler & 1:
            raise LockupError(f"no handler for {name_of(number)}")
        return handler

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
            self.access.write(_register(second >> 8 & 0xF), self.registers.read(second & 0xFF))
        elif first & 0xFFF0 == 0xF380 and second & 0xF000 == 0x8000:
            self.registers.write(second & 0xFF, int(self.access.read(_register(first & 0xF))))
        else:
            return False
        self.access.write(arm.UC_ARM_REG_PC, (pc + 4) | 1)
        return True


def _register(number: int) -> int:
    return {13: arm.UC_ARM_REG_SP, 14: arm.UC_ARM_REG_LR}.get(number, arm.UC_ARM_REG_R0 + number)
