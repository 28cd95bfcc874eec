# SPDX-License-Identifier: Apache-2.0
"""Why unicorn stopped: exceptions that the core enters and leaves, faults, and what ends a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from unicorn import unicorn_const as uc

from toolkit.emulator import counter as counting
from toolkit.emulator import cpu as core
from toolkit.emulator.bus import Access
from toolkit.emulator.cpu import Fault
from toolkit.emulator.error import EmulationError
from toolkit.emulator.exceptions import BUS_FAULT, HARD_FAULT, MEM_MANAGE, SV_CALL, USAGE_FAULT
from toolkit.emulator.hardware import Hardware
from toolkit.emulator.image import NO_FUNCTION
from toolkit.emulator.peripherals.cortex_m import SystemControl
from toolkit.emulator.sleep import Sleep, sleep_instruction
from toolkit.emulator.unicorn_engine import error_number
from toolkit.targets import board as boards

NO_END = 0xFFFFFFFE
"""Where unicorn stops by itself: nowhere."""
QUIET_AFTER_FAULT = 2_000_000
"""Instructions after which a fault has been reported, if nothing more is sent."""
_SVC, _DATA_ABORT, _BKPT, _EXCEPTION_EXIT, _INVALID_STATE = 2, 4, 7, 8, 18
_VERBS = {"read": "reads", "write": "writes to", "fetch": "jumps to"}


class Faults:
    """What becomes of a firmware that unicorn stopped: a fault is delivered to it, or ends the run.

    fault is the first one.
    """

    def __init__(self, hardware: Hardware) -> None:
        self.fault: Fault | None = None
        self._fault_at = self._said_by_then = 0
        self._hardware = hardware
        self._cpu, self._counter, self._bus = hardware.cpu, hardware.counter, hardware.bus

    def look_for_the_end(self, is_over: bool) -> None:
        """Raise EmulationError if a fault was delivered, and the firmware is over or silent."""
        hardware = self._hardware
        if hardware.line.sent_bytes != self._said_by_then:
            self._fault_at, self._said_by_then = hardware.instructions, hardware.line.sent_bytes
        is_quiet = hardware.instructions - self._fault_at > QUIET_AFTER_FAULT
        if self.fault is not None and (is_over or is_quiet):
            raise self._fault_report(self.fault)

    def run_into_fpu(self) -> None:
        """Run the block up to its FPU instruction; fault there, as the FPU has not been switched on."""
        fields = self._counter.fields
        start, code = fields.block, self._counter.code(fields.block, fields.block_bytes)
        offset = counting.first_fpu_instruction(code) or 0
        before = counting.count_thumb(code[:offset])
        total = fields.instructions + before
        if before:
            fields.fpu_is_off = 0
            self._cpu.uc.emu_start(start | 1, NO_END, count=before)
            fields.fpu_is_off = 1
        fields.instructions = total
        if self._bus.problem is not None:
            raise self._hardware.error(self._bus.problem, self._bus.problem_pc, self._bus.problem_at)
        self.deliver(Fault(USAGE_FAULT, start + offset, core.NOCP))

    def code_before(self) -> bytes:
        """Return the instruction that ended the last block, with what stands before it, if it ends here."""
        pc, fields = self._cpu.pc, self._counter.fields
        if pc != fields.block + fields.block_bytes:
            return b""
        size = min(4, fields.block_bytes)
        return self._counter.code(pc - size, size)

    def _fault_report(self, fault: Fault) -> EmulationError:
        words = self._hardware.line.tail_line()
        said = f'It reported: "{words}".' if words else "It reported nothing."
        where = f" ({fault.why})" if fault.why else ""
        where += "" if fault.address is None else f" on {fault.address:#010x}"
        if self._hardware.image.symbol_at(fault.pc) == NO_FUNCTION:
            where += f", coming from {self._hardware.image.symbol_at(fault.link)}"
        return self._hardware.error(
            f"the firmware stopped with a {fault.name}{where}. {said}", fault.pc, fault.address
        )

    def on_error(self, error: Exception) -> None:
        """unicorn cannot go on: with an access, or with an instruction."""
        failed, self._bus.failed = self._bus.failed, None
        if failed is not None:
            self._on_failed_access(failed)
        elif error_number(error) == uc.UC_ERR_INSN_INVALID:
            self._on_undefined()
        else:
            raise self._hardware.error(f"unicorn gave up: {error}.", self._cpu.pc)

    def _on_undefined(self) -> None:
        pc = self._cpu.pc
        sleep = sleep_instruction(self.code_before())
        if sleep is not None:  # unicorn calls WFE, and YIELD, invalid once it has run
            self._hardware.sleep = sleep if sleep is not Sleep.YIELD else None
            return
        if self._cpu.run_system_instruction(pc, self._counter.code(pc, 4)):
            return
        self._correct_count(pc)
        if _is_execute_never(pc):
            self.deliver(Fault(MEM_MANAGE, pc, core.IACCVIOL))
        else:
            why = core.UNDEFINSTR if self._cpu.is_thumb() else core.INVSTATE
            self.deliver(Fault(USAGE_FAULT, pc, why))

    def _on_failed_access(self, access: Access) -> None:
        if access.kind == "fetch" and self._cpu.is_exception_return(access.address):
            self._leave()
            return
        if not self._cpu.is_thumb():
            self.deliver(Fault(USAGE_FAULT, access.address, core.INVSTATE))
            return
        if access.kind == "fetch" and _is_execute_never(access.address):
            self.deliver(Fault(MEM_MANAGE, access.address, core.IACCVIOL))
            return
        if not self._faults_in_hardware(access):
            raise self._unmapped(access)
        if access.kind == "fetch":
            self.deliver(Fault(BUS_FAULT, access.address, core.IBUSERR))
            return
        self._correct_count(access.pc)
        self.deliver(Fault(BUS_FAULT, access.pc, core.PRECISERR, access.address))

    def _unmapped(self, access: Access) -> EmulationError:
        flash, address = self._hardware.flash, access.address
        is_own = flash.origin <= address < flash.origin + flash.bytes
        why = "flash cannot be written like RAM" if is_own else "nothing is mapped there"
        if access.kind == "fetch":
            why += f", and the link register leads to {self._hardware.image.symbol_at(self._cpu.link)}"
        what = f"the firmware {_VERBS[access.kind]} {address:#010x}: {why}."
        return self._hardware.error(what, access.pc, address, _hint(address, flash))

    def _faults_in_hardware(self, access: Access) -> bool:
        """Code, SRAM and external RAM areas answer with a bus error where no memory is.

        Below the application stand the bootloader, aliases or tightly coupled memory, which read
        well on a board; the emulator does not have them. Flash cannot be written like RAM either.
        """
        return self.is_memory_area(access.address)

    def is_memory_area(self, address: int) -> bool:
        """Return whether only memory could be at an address, and none of the board's flash is."""
        flash = self._hardware.flash
        in_flash = flash.origin <= address < flash.origin + flash.bytes
        is_memory_area = address < 0x40000000 or 0x60000000 <= address < 0xA0000000
        return is_memory_area and not in_flash and address >= flash.origin

    def on_exception(self, number: int) -> None:
        """unicorn raised an exception of its own numbers."""
        pc = self._cpu.pc
        if number == _EXCEPTION_EXIT:
            self._leave()
        elif number == _SVC:
            self._call_supervisor(pc)
        elif number == _BKPT and self.fault is not None:
            raise self._fault_report(self.fault)
        elif number == _BKPT:
            raise self._hardware.error("the firmware stopped at a breakpoint instruction.", pc)
        elif _is_execute_never(pc):
            self.deliver(Fault(MEM_MANAGE, pc, core.IACCVIOL))
        elif number == _INVALID_STATE:
            self.deliver(Fault(USAGE_FAULT, pc, core.INVSTATE))
        elif number == _DATA_ABORT and self._cpu.is_v6m:
            self._correct_count(pc)
            self.deliver(Fault(HARD_FAULT, pc, 0, why="an access that is not aligned"))
        else:
            raise self._hardware.error(f"unicorn raised its exception {number}.", pc)

    def _call_supervisor(self, pc: int) -> None:
        state = self._hardware.exceptions
        if state.group(state.priority(SV_CALL)) < state.running(self._cpu.registers.masks()):
            self._change_mode(lambda: self._cpu.enter(SV_CALL, pc))
        else:
            self.deliver(Fault(SV_CALL, pc, 0))

    def deliver(self, fault: Fault, late: Access | None = None) -> None:
        """Enter a fault's handler; late is the write that an imprecise one does not tell the firmware."""
        fault = self._cpu.as_taken(fault)
        if self.fault is None:
            told = fault if late is None else dataclasses.replace(fault, pc=late.pc, address=late.address)
            self.fault = dataclasses.replace(told, link=self._cpu.link)
            self._fault_at = self._hardware.instructions
        try:
            self._cpu.deliver(fault)
        except core.LockupError as problem:
            what = f"the firmware faulted ({fault.name}, CFSR {fault.cfsr:#x}) and locked up: {problem}."
            raise self._hardware.error(what, fault.pc, fault.address) from problem

    def _correct_count(self, pc: int) -> None:
        """Take back what was counted of the block after pc: it was not issued."""
        self._counter.fields.instructions = self._counter.issued_before(pc)

    def _leave(self) -> None:
        """Return from an exception, into sleep if SCR.SLEEPONEXIT says so."""
        self._change_mode(lambda: self._cpu.leave(self._cpu.pc | 1))
        self._counter.fields.event = 1
        if not self._hardware.exceptions.active and self._hardware.models.one(SystemControl).sleeps_on_exit:
            self._hardware.sleep = Sleep.WFI

    def _change_mode(self, change: Callable[[], None]) -> None:
        try:
            change()
        except core.LockupError as problem:
            raise self._hardware.error(f"the core locks up: {problem}.", self._cpu.pc) from problem

    def take_exception(self) -> None:
        """Enter the pending exception that is next, if there is one."""
        number = self._cpu.next_interrupt()
        if number is not None:
            self._change_mode(lambda: self._cpu.enter(number, self._cpu.pc))


def _is_execute_never(address: int) -> bool:
    """Peripherals, external devices and the system's own area hold no code (ARM DDI 0403E B3.1)."""
    return 0x40000000 <= address < 0x60000000 or address >= 0xA0000000


def _hint(address: int, flash: boards.Region) -> str:
    if address < 0x100:
        return "Look for: a null pointer"
    if address < flash.origin:
        return "Look for: a pointer into the bootloader, which the emulator does not have"
    return "See docs/emulation.md: what is modelled, and how to add a peripheral"
