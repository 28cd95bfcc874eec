# SPDX-License-Identifier: Apache-2.0
"""A board in software: the ELF that is flashed, run instruction by instruction, the same every time."""

from __future__ import annotations

import dataclasses
import enum
import functools
import time
from collections.abc import Callable
from pathlib import Path

from unicorn import unicorn_const as uc

from toolkit.emulator import counter as counting
from toolkit.emulator import cpu as core
from toolkit.emulator.bus import Access, Bus
from toolkit.emulator.counter import Counter
from toolkit.emulator.cpu import Cpu, Fault
from toolkit.emulator.error import EmulationError, WrongUseError
from toolkit.emulator.events import Events
from toolkit.emulator.exceptions import (
    BUS_FAULT,
    HARD_FAULT,
    MEM_MANAGE,
    NOTHING_RUNS,
    SV_CALL,
    USAGE_FAULT,
    Exceptions,
)
from toolkit.emulator.image import NO_FUNCTION, load_image
from toolkit.emulator.led import Led
from toolkit.emulator.left import Left
from toolkit.emulator.peripherals.cortex_m import DWT_BASE, SCS_BASE, Dwt, SystemControl
from toolkit.emulator.peripherals.nvic import NVIC_BASE, NVIC_BYTES, SYSTICK_BASE, Nvic, SysTick
from toolkit.emulator.peripherals.peripheral import Models, System
from toolkit.emulator.peripherals.registry import make_peripheral
from toolkit.emulator.serial_line import SerialLine
from toolkit.emulator.sleep import Sleep, sleep_instruction
from toolkit.emulator.unicorn_engine import Engine, EngineError, error_number, stopping_on_interrupt
from toolkit.errors import DoesNotFitError, InputError
from toolkit.targets import board as boards
from toolkit.targets.cores import Emulated, find_core
from toolkit.timing.model import Counts, cost_of

_SLICE = 50_000_000
_QUIET_AFTER_FAULT = 2_000_000
_NO_END = 0xFFFFFFFE
_LOOKS_FOR_INPUT = "tm_port_read"
_NOTHING = 0xFFFFFFFF
_NO_ACCESS = 0xFFFFFFFF
_SVC, _DATA_ABORT, _BKPT, _EXCEPTION_EXIT, _INVALID_STATE = 2, 4, 7, 8, 18
_V6M_LINES, _V6M_PRIORITY_BITS = 32, 2  # ARM DDI 0419E, B1.5.4 and B3.4


class Stop(enum.Enum):
    """Why a run ended: a line was sent, the firmware waits for input, or the budget is used up."""

    OUTPUT = "output"
    IDLE = "idle"
    BUDGET = "budget"


class Machine:
    """The emulated board with a firmware in its flash, from reset.

    line carries the bytes of the serial line, led records the LED, instructions counts. time is in cycles of
    the core: instructions issued, and what was slept; peripherals act at their time (system.at).
    native_counter: see counter.py. counts says what the firmware's cycle counter counts: instructions,
    cycles by the model of the core, where there is one (counts_cycles), or instructions and the cycles that
    the core waits for flash, by the board's flash_timing.
    left is what a bootloader left. Raises InputError if the image does not belong on the board.
    """

    def __init__(
        self,
        elf: Path,
        board: boards.Board,
        *,
        native_counter: bool | None = None,
        counts: Counts = "instructions",
        left: Left | None = None,
    ) -> None:
        if board.emulation is None or board.memory is None:
            raise InputError(
                f"{board.name} has no [emulation] in its board file: the emulator cannot run it."
            )
        self.board = board
        self.image = load_image(elf)
        self.line = SerialLine(board.uart.baud if board.uart else 115200)
        self.led = Led()
        self.fault: Fault | None = None
        self._fault_at = self._said_by_then = 0
        self._request: Stop | None = None
        self._over: EmulationError | None = None
        emulated = find_core(board.core).emulated
        if emulated is None:
            raise InputError(f"the emulator does not know the core {board.core} of {board.name}.")
        self._cpu = Cpu(emulated)
        self._models = Models()
        self._events = Events()
        self._exceptions = _exceptions(board, board.emulation, self._cpu.is_v6m)
        self._skipped = 0
        self._sleep: Sleep | None = None
        self._bus = Bus(self._cpu.uc, self._models)
        self._flash = board.memory.flash
        flash = self._bus.map_flash(self._flash)
        for region in (board.memory.ram, *board.emulation.ram):
            self._bus.map_ram(region)
        cost = cost_of(find_core(board.core).timing) if counts == "cycles" else None
        timing = board.flash_timing if counts == "flash_waits" else None
        self.counts_cycles = cost is not None
        self._counts = counts
        is_a_profile = self._cpu.is_a_profile
        self._counter = Counter(
            self._cpu.uc, flash, self._flash.origin, native_counter, cost, timing, is_a_profile
        )
        self._load(flash)
        self._add_peripherals(board, board.emulation, emulated)
        self._interrupt: int | None = None
        self._cpu.uc.hook_add(uc.UC_HOOK_INTR, self._on_interrupt)
        self.line.on_idle = lambda: self._ask_to_stop(Stop.IDLE)
        self.line.on_output = lambda: self._ask_to_stop(Stop.OUTPUT)
        self.line.on_wait = self._wait_in_access
        self._watch_exceptions()
        for address in self.image.returns_of(_LOOKS_FOR_INPUT):
            self.watch(address, functools.partial(self._look_for_input, address))
        vectors = bytes(flash[:8])
        self._cpu.reset(
            self._models.one(SystemControl),
            self._counter.fields,
            int.from_bytes(vectors[:4], "little"),
            int.from_bytes(vectors[4:], "little"),
        )
        (left or Left()).apply(self._cpu.registers, self._exceptions)

    @property
    def instructions(self) -> int:
        """How many instructions were issued since reset."""
        return int(self._counter.fields.instructions)

    @property
    def time(self) -> int:
        """The board's time in cycles of its core since reset: instructions issued, and what was slept."""
        return self.instructions + self._skipped

    @property
    def cycles(self) -> int:
        """How many cycles the model of the core has counted since reset; 0 unless counts_cycles."""
        return int(self._counter.fields.cycles)

    @property
    def flash_waits(self) -> int:
        """How many cycles the core has waited for flash since reset; 0 unless they are counted."""
        return int(self._counter.fields.waits)

    @property
    def counts_natively(self) -> bool:
        """Whether the compiled hook counts, not the Python one."""
        return self._counter.is_native

    def read_memory(self, address: int, size: int) -> bytes:
        """Return size bytes of flash or RAM. Raises InputError if there is no memory."""
        try:
            return bytes(self._cpu.uc.mem_read(address, size))
        except EngineError as error:
            raise InputError(f"{self.board.name} has no memory at {address:#010x}.") from error

    def write_memory(self, address: int, data: bytes) -> None:
        """Change the RAM. Raises InputError if there is none."""
        if not self._bus.is_ram(address, len(data)):
            raise InputError(f"{self.board.name} has no RAM at {address:#010x}.")
        self._cpu.uc.mem_write(address, data)

    def watch(self, address: int, entered: Callable[[], None]) -> None:
        """Call entered whenever the instruction at address is about to run; it may read the memory."""
        self._cpu.uc.hook_add(uc.UC_HOOK_CODE, lambda *_: entered(), begin=address, end=address)

    def run(self, budget: int, timeout_s: float = 3600.0) -> Stop:
        """Run until a line was sent, the firmware waits for input, or budget cycles of time are over.

        Raises EmulationError when the firmware cannot go on, or did not stop within timeout_s.
        """
        if self._over is not None:
            raise self._over
        try:
            with stopping_on_interrupt(self._cpu.uc) as signals:
                return self._run(self.time + budget, time.monotonic() + timeout_s, signals)
        except EmulationError as error:
            self._over = error
            self.line.deliver()
            raise

    def _run(self, end: int, deadline: float, signals: list[int]) -> Stop:
        self._request = None
        while not signals:
            self._run_events()
            self.line.deliver(self.time)
            if self._request is not None:
                return self._request
            if self._sleep is not None:
                self._sleep_on(self._sleep, end)
            else:
                self._go(min(end, self.time + (_QUIET_AFTER_FAULT if self.fault else _SLICE)))
                self._look_for_the_end()
            if self._request is not None:
                return self._request
            if self.time >= end:
                return Stop.BUDGET
            if time.monotonic() > deadline:
                raise self._error("the firmware is still busy after the time limit.", self._cpu.pc)
        return Stop.BUDGET

    def _run_events(self) -> None:
        try:
            self._events.run_until(self.time)
        except WrongUseError as problem:
            raise self._error(str(problem), self._cpu.pc) from problem

    def _sleep_on(self, sleep: Sleep, end: int) -> None:
        """Let time pass to the next event, if the core does not wake now."""
        if sleep.ends(self._exceptions, self._cpu.registers.masks(), self._counter.fields):
            self._sleep = None
        else:
            self._wait(end)

    def _wait(self, end: int) -> None:
        """Skip the time to the next event; without one, only the line can bring something."""
        when = self._events.next_at
        when = self.line.leaves_at if when is None else when
        if when is not None:
            self._skipped += max(0, min(when, end) - self.time)
        elif self._exceptions.enabled:
            self._request = Stop.IDLE
        else:
            what = "the firmware sleeps, and no interrupt is switched on that could wake it."
            raise self._error(what, self._cpu.pc)

    def _look_for_input(self, address: int) -> None:
        self._counter.fields.pc = address  # it is the time of this instruction
        self.line.look(self._cpu.result != _NOTHING)

    def _wait_in_access(self, until: int | None) -> None:
        """Skip the time to the next event, or until, while the firmware only asks for it."""
        now = self._now()
        times = [when for when in (self._events.next_at, until) if when is not None]
        skipped = min(times, default=now) - now
        if skipped > 0:
            self._skipped += skipped
            self._counter.stop_at(max(0, self._counter.fields.end - skipped))

    def _watch_exceptions(self) -> None:
        """Stop the counter's block hook for each exception that becomes the next one."""

        def changed() -> None:
            number = self._exceptions.next()
            state = self._exceptions
            waiting = counting.NOTHING_WAITS if number is None else state.group(state.priority(number))
            self._counter.stop_for(waiting, state.group(0xFF))

        def pended() -> None:
            if self._models.one(SystemControl).sends_event_on_pend:
                self._counter.fields.event = 1

        self._exceptions.changed, self._exceptions.on_pend = changed, pended
        self._counter.may_be_taken = lambda: self._cpu.next_interrupt() is not None
        self._events.on_earlier = self._hurry
        if not self._cpu.is_v6m:  # the Cortex-M0+ has no write buffer
            self._bus.is_buffered = self._is_memory_area
        self._bus.on_late = lambda: self._counter.stop_at(0)
        self._bus.before_access = self._run_what_is_due

    def _run_what_is_due(self) -> None:
        when = self._events.next_at
        if when is not None and when <= self.time and when <= (now := self._now()):
            self._events.run_until(now)

    def _hurry(self, when: int) -> None:
        self._counter.stop_at(min(self._counter.fields.end, max(0, when - self._skipped)))

    def _take_exception(self) -> None:
        number = self._cpu.next_interrupt()
        if number is not None:
            self._change_mode(lambda: self._cpu.enter(number, self._cpu.pc))

    def _change_mode(self, change: Callable[[], None]) -> None:
        try:
            change()
        except core.LockupError as problem:
            raise self._error(f"the core locks up: {problem}.", self._cpu.pc) from problem

    def _leave(self) -> None:
        """Return from an exception, into sleep if SCR.SLEEPONEXIT says so."""
        self._change_mode(lambda: self._cpu.leave(self._cpu.pc | 1))
        self._counter.fields.event = 1
        if not self._exceptions.active and self._models.one(SystemControl).sleeps_on_exit:
            self._sleep = Sleep.WFI

    def _go(self, end: int) -> None:
        """Run to the first block that starts at or after a time, or to whatever comes before it."""
        when = self._events.next_at
        fields = self._counter.fields
        self._counter.stop_at((end if when is None else min(end, when)) - self._skipped)
        fields.reason = 0
        self._interrupt = None
        self._bus.failed = self._bus.problem = None
        self._take_exception()
        try:
            self._cpu.uc.emu_start(self._cpu.pc | 1, _NO_END)
        except EngineError as error:
            self._on_error(error)
            return
        finally:
            fields.pc = _NO_ACCESS
        if self._bus.problem is not None:
            raise self._error(self._bus.problem, self._bus.problem_pc, self._bus.problem_at)
        late = self._bus.take_late()
        if late is not None:
            self._deliver(Fault(BUS_FAULT, self._cpu.pc, core.IMPRECISERR), late)
        elif self._interrupt is not None:
            self._on_exception(self._interrupt)
        elif fields.reason == counting.FPU_IS_OFF:
            self._run_into_fpu()
        elif not fields.reason:
            self._sleep = sleep_instruction(self._code_before())

    def _code_before(self) -> bytes:
        """Return the instruction that ended the last block, with what stands before it, if it ends here."""
        pc, fields = self._cpu.pc, self._counter.fields
        if pc != fields.block + fields.block_bytes:
            return b""
        size = min(4, fields.block_bytes)
        return self._counter.code(pc - size, size)

    def _look_for_the_end(self) -> None:
        scb = self._models.one(SystemControl)
        spins = self._counter.fields.reason == counting.SPINNING
        if self.line.sent_bytes != self._said_by_then:
            self._fault_at, self._said_by_then = self.instructions, self.line.sent_bytes
        quiet = self.instructions - self._fault_at > _QUIET_AFTER_FAULT
        if self.fault is not None and (spins or quiet or scb.reset_requested):
            raise self._fault_report(self.fault)
        if scb.reset_requested:
            raise self._error("the firmware asked for a reset.", self._cpu.pc)
        if spins and self._may_be_interrupted():
            self._wait(self._counter.fields.end + self._skipped)
        elif spins:
            raise self._error("the firmware hangs in a branch to itself.", self._cpu.pc)

    def _may_be_interrupted(self) -> bool:
        """Whether an interrupt may end a branch to itself: one of a peripheral, or what an event brings."""
        if self._cpu.registers.masks().primask or self._exceptions.running() < NOTHING_RUNS:
            return False
        return bool(self._exceptions.enabled) or self._events.next_at is not None

    def _fault_report(self, fault: Fault) -> EmulationError:
        words = self.line.tail_line()
        said = f'It reported: "{words}".' if words else "It reported nothing."
        where = f" ({fault.why})" if fault.why else ""
        where += "" if fault.address is None else f" on {fault.address:#010x}"
        if self.image.symbol_at(fault.pc) == NO_FUNCTION:
            where += f", coming from {self.image.symbol_at(fault.link)}"
        return self._error(
            f"the firmware stopped with a {fault.name}{where}. {said}", fault.pc, fault.address
        )

    def _on_error(self, error: Exception) -> None:
        failed, self._bus.failed = self._bus.failed, None
        if failed is not None:
            self._on_failed_access(failed)
        elif error_number(error) == uc.UC_ERR_INSN_INVALID:
            self._on_undefined()
        else:
            raise self._error(f"unicorn gave up: {error}.", self._cpu.pc)

    def _on_undefined(self) -> None:
        pc = self._cpu.pc
        sleep = sleep_instruction(self._code_before())
        if sleep is not None:  # unicorn calls WFE, and YIELD, invalid once it has run
            self._sleep = sleep if sleep is not Sleep.YIELD else None
            return
        if self._cpu.run_system_instruction(pc, self._counter.code(pc, 4)):
            return
        self._correct_count(pc)
        if _is_execute_never(pc):
            self._deliver(Fault(MEM_MANAGE, pc, core.IACCVIOL))
        else:
            why = core.UNDEFINSTR if self._cpu.is_thumb() else core.INVSTATE
            self._deliver(Fault(USAGE_FAULT, pc, why))

    def _on_failed_access(self, access: Access) -> None:
        if access.kind == "fetch" and self._cpu.is_exception_return(access.address):
            self._leave()
            return
        if not self._cpu.is_thumb():
            self._deliver(Fault(USAGE_FAULT, access.address, core.INVSTATE))
            return
        if access.kind == "fetch" and _is_execute_never(access.address):
            self._deliver(Fault(MEM_MANAGE, access.address, core.IACCVIOL))
            return
        if not self._faults_in_hardware(access):
            raise self._unmapped(access)
        if access.kind == "fetch":
            self._deliver(Fault(BUS_FAULT, access.address, core.IBUSERR))
            return
        self._correct_count(access.pc)
        self._deliver(Fault(BUS_FAULT, access.pc, core.PRECISERR, access.address))

    def _unmapped(self, access: Access) -> EmulationError:
        flash, address = self._flash, access.address
        is_own = flash.origin <= address < flash.origin + flash.bytes
        why = "flash cannot be written like RAM" if is_own else "nothing is mapped there"
        if access.kind == "fetch":
            why += f", and the link register leads to {self.image.symbol_at(self._cpu.link)}"
        what = f"the firmware {_VERBS[access.kind]} {address:#010x}: {why}."
        return self._error(what, access.pc, address, _hint(address, flash))

    def _faults_in_hardware(self, access: Access) -> bool:
        """Code, SRAM and external RAM areas answer with a bus error where no memory is.

        Below the application stand the bootloader, aliases or tightly coupled memory, which read
        well on a board; the emulator does not have them. Flash cannot be written like RAM either.
        """
        return self._is_memory_area(access.address)

    def _is_memory_area(self, address: int) -> bool:
        flash = self._flash
        in_flash = flash.origin <= address < flash.origin + flash.bytes
        is_memory_area = address < 0x40000000 or 0x60000000 <= address < 0xA0000000
        return is_memory_area and not in_flash and address >= flash.origin

    def _on_exception(self, number: int) -> None:
        pc = self._cpu.pc
        if number == _EXCEPTION_EXIT:
            self._leave()
        elif number == _SVC:
            self._call_supervisor(pc)
        elif number == _BKPT and self.fault is not None:
            raise self._fault_report(self.fault)
        elif number == _BKPT:
            raise self._error("the firmware stopped at a breakpoint instruction.", pc)
        elif _is_execute_never(pc):
            self._deliver(Fault(MEM_MANAGE, pc, core.IACCVIOL))
        elif number == _INVALID_STATE:
            self._deliver(Fault(USAGE_FAULT, pc, core.INVSTATE))
        elif number == _DATA_ABORT and self._cpu.is_v6m:
            self._correct_count(pc)
            self._deliver(Fault(HARD_FAULT, pc, 0, why="an access that is not aligned"))
        else:
            raise self._error(f"unicorn raised its exception {number}.", pc)

    def _call_supervisor(self, pc: int) -> None:
        state = self._exceptions
        if state.group(state.priority(SV_CALL)) < state.running(self._cpu.registers.masks()):
            self._change_mode(lambda: self._cpu.enter(SV_CALL, pc))
        else:
            self._deliver(Fault(SV_CALL, pc, 0))

    def _run_into_fpu(self) -> None:
        """Run the block up to its FPU instruction; fault there, as the FPU has not been switched on."""
        fields = self._counter.fields
        start, code = fields.block, self._counter.code(fields.block, fields.block_bytes)
        offset = counting.first_fpu_instruction(code) or 0
        before = counting.count_thumb(code[:offset])
        total = fields.instructions + before
        if before:
            fields.fpu_is_off = 0
            self._cpu.uc.emu_start(start | 1, _NO_END, count=before)
            fields.fpu_is_off = 1
        fields.instructions = total
        if self._bus.problem is not None:
            raise self._error(self._bus.problem, self._bus.problem_pc, self._bus.problem_at)
        self._deliver(Fault(USAGE_FAULT, start + offset, core.NOCP))

    def _deliver(self, fault: Fault, late: Access | None = None) -> None:
        """Enter a fault's handler; late is the write that an imprecise one does not tell the firmware."""
        fault = self._cpu.as_taken(fault)
        if self.fault is None:
            told = fault if late is None else dataclasses.replace(fault, pc=late.pc, address=late.address)
            self.fault = dataclasses.replace(told, link=self._cpu.link)
            self._fault_at = self.instructions
        try:
            self._cpu.deliver(fault)
        except core.LockupError as problem:
            what = f"the firmware faulted ({fault.name}, CFSR {fault.cfsr:#x}) and locked up: {problem}."
            raise self._error(what, fault.pc, fault.address) from problem

    def _correct_count(self, pc: int) -> None:
        """Take back what was counted of the block after pc: it was not issued."""
        self._counter.fields.instructions = self._counter.issued_before(pc)

    def _on_interrupt(self, cpu: Engine, number: int, _data: object) -> None:
        self._interrupt = number
        cpu.emu_stop()

    def _ask_to_stop(self, reason: Stop) -> None:
        """Stop before the next block: stopping within one would run its access twice."""
        self._request = reason
        self._counter.stop_at(0)

    def _error(
        self, message: str, pc: int, address: int | None = None, hint: str | None = None
    ) -> EmulationError:
        return EmulationError(message, pc=pc, symbol=self.image.symbol_at(pc), address=address, hint=hint)

    def _load(self, flash: object) -> None:
        end = self._flash.origin + self._flash.bytes
        for segment in self.image.segments:
            if not (self._flash.origin <= segment.address and segment.address + len(segment.data) <= end):
                raise DoesNotFitError(
                    f"{self.image.path} writes {len(segment.data):,} bytes to {segment.address:#010x}; "
                    f"{self.board.name}'s flash is {self._flash.origin:#010x} to {end:#010x}."
                )
            self._cpu.uc.mem_write(segment.address, segment.data)

    def _add_peripherals(self, board: boards.Board, emulation: boards.Emulation, emulated: Emulated) -> None:
        system = System(
            board=board,
            line=self.line,
            led=self.led,
            now=self._now,
            cycles=self._counted_before_access(),
            read_memory=lambda address, size: bytes(self._cpu.uc.mem_read(address, size)),
            write_memory=self._write_memory,
            models=self._models,
            events=self._events,
            exceptions=self._exceptions,
            wait=self._wait_in_access,
        )
        is_v6m = {"is_v6m": int(self._cpu.is_v6m)}
        for model, base, size in ((SysTick, SYSTICK_BASE, 0x10), (Nvic, NVIC_BASE, NVIC_BYTES)):
            self._models.add(model(system, boards.Peripheral(model.__name__, base, size, "", is_v6m)))
        scs = {"cpuid": emulated.cpuid, "ccr": emulated.ccr, "caches": int(emulated.has_caches), **is_v6m}
        scs["vtor"] = self._flash.origin
        control = SystemControl(system, boards.Peripheral("SCS", SCS_BASE, 0x1000, "", scs))
        self._models.add(control)
        if self._cpu.is_v6m:
            self._set_fpu(True)  # there is none: its instructions are undefined
        else:
            dwt = {"locked": int(find_core(board.core).locks_dwt)}
            self._models.add(Dwt(system, boards.Peripheral("DWT", DWT_BASE, 0x1000, "", dwt)))
            control.cpacr.on_write = lambda _value: self._set_fpu(control.fpu_is_on)
        for spec in emulation.peripherals:
            self._models.add(make_peripheral(system, spec))
        self._bus.map_peripherals(self._counter.allow_access)

    def _now(self) -> int:
        """The time of the event that happens, or of the access to a register, or at which it stands still."""
        if self._events.now is not None:
            return self._events.now
        return self._counter.issued_before_access() + self._skipped

    def _counted_before_access(self) -> Callable[[], int]:
        if self._counts == "flash_waits":
            return lambda: self._now() + self.flash_waits
        if self.counts_cycles:
            return lambda: self._counter.cycles_before_access() + self._skipped
        return self._now

    def _set_fpu(self, is_on: bool) -> None:
        self._counter.fields.fpu_is_off = int(not is_on)

    def _write_memory(self, address: int, data: bytes) -> None:
        if not self._bus.is_ram(address, len(data)):
            raise WrongUseError(f"DMA writes to {address:#010x}, which is not RAM.")
        self._cpu.uc.mem_write(address, data)


def _exceptions(board: boards.Board, emulation: boards.Emulation, is_v6m: bool) -> Exceptions:
    lines, bits = emulation.interrupts, emulation.priority_bits
    if is_v6m and (lines > _V6M_LINES or bits != _V6M_PRIORITY_BITS):
        raise InputError(
            f"{board.name} has {lines} interrupt lines and {bits} bits of priority; a {board.core} has at "
            f"most {_V6M_LINES} lines, and {_V6M_PRIORITY_BITS} bits.",
            hint=f"Try: interrupts and priority_bits in [emulation] of boards/{board.name}.toml",
        )
    return Exceptions(lines, bits)


_VERBS = {"read": "reads", "write": "writes to", "fetch": "jumps to"}


def _is_execute_never(address: int) -> bool:
    """Peripherals, external devices and the system's own area hold no code (ARM DDI 0403E B3.1)."""
    return 0x40000000 <= address < 0x60000000 or address >= 0xA0000000


def _hint(address: int, flash: boards.Region) -> str:
    if address < 0x100:
        return "Look for: a null pointer"
    if address < flash.origin:
        return "Look for: a pointer into the bootloader, which the emulator does not have"
    return "See docs/emulation.md: what is modelled, and how to add a peripheral"
