# SPDX-License-Identifier: Apache-2.0
"""A board in software: the ELF that is flashed, run instruction by instruction, the same every time."""

from __future__ import annotations

import enum
import functools
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from unicorn import unicorn_const as uc

from toolkit.emulator import counter as counting
from toolkit.emulator import cpu as core
from toolkit.emulator.cpu import Fault
from toolkit.emulator.error import EmulationError, WrongUseError
from toolkit.emulator.exceptions import BUS_FAULT, NOTHING_RUNS
from toolkit.emulator.faults import NO_END, QUIET_AFTER_FAULT, Faults
from toolkit.emulator.feed import Feed
from toolkit.emulator.hardware import Hardware
from toolkit.emulator.left import Left
from toolkit.emulator.peripherals.cortex_m import SystemControl
from toolkit.emulator.peripherals.peripheral import Models
from toolkit.emulator.sleep import Sleep, sleep_instruction
from toolkit.emulator.unicorn_engine import Engine, EngineError, stopping_on_interrupt
from toolkit.errors import InputError
from toolkit.targets import board as boards
from toolkit.timing.model import Counts

_SLICE = 50_000_000
_LOOKS_FOR_INPUT = "tm_port_read"
_NOTHING = 0xFFFFFFFF
_NO_ACCESS = 0xFFFFFFFF


class Stop(enum.Enum):
    """Why a run ended: a line was sent, the firmware waits for input, or the budget is used up."""

    OUTPUT = "output"
    IDLE = "idle"
    BUDGET = "budget"


class Machine:
    """The emulated board with a firmware in its flash, from reset.

    line carries the bytes of the serial line, led records the LED, pins has the levels from outside,
    instructions counts. time is in cycles of the core: instructions issued, and what was slept; peripherals
    act at their time (system.at).
    native_counter: see counter.py. counts says what the firmware's cycle counter counts: instructions,
    cycles by the model of the core, where there is one (counts_cycles), or instructions and the cycles that
    the core waits for flash, by the board's flash_timing.
    left is what a bootloader left. feeds are what sensors sense, by their names in the board's file; the
    others are at rest. counter_sleeps has the cycle counter stand still while the core sleeps. Raises
    InputError if the image does not belong on the board, and for a feed of a sensor that it does not have.
    """

    def __init__(
        self,
        elf: Path,
        board: boards.Board,
        *,
        native_counter: bool | None = None,
        counts: Counts = "instructions",
        left: Left | None = None,
        feeds: Mapping[str, Feed] | None = None,
        counter_sleeps: bool = False,
    ) -> None:
        self._hardware = hardware = Hardware(elf, board, native_counter, counts, feeds or {})
        hardware.counter_sleeps = counter_sleeps
        self.board, self.image, self.line, self.led = board, hardware.image, hardware.line, hardware.led
        self.pins = hardware.pins
        self.counts_cycles = hardware.counts_cycles
        self._cpu, self._counter, self._bus = hardware.cpu, hardware.counter, hardware.bus
        self._models, self._events, self._exceptions = hardware.models, hardware.events, hardware.exceptions
        self._faults = Faults(hardware)
        self._request: Stop | None = None
        self._over: EmulationError | None = None
        self._interrupt: int | None = None
        self._cpu.uc.hook_add(uc.UC_HOOK_INTR, self._on_interrupt)
        self.line.on_idle = lambda: self._ask_to_stop(Stop.IDLE)
        self.line.on_output = lambda: self._ask_to_stop(Stop.OUTPUT)
        self.line.on_wait = hardware.wait_in_access
        self._watch_exceptions()
        for address in self.image.returns_of(_LOOKS_FOR_INPUT):
            self.watch(address, functools.partial(self._look_for_input, address))
        hardware.reset(left or Left())

    @property
    def fault(self) -> Fault | None:
        """The firmware's first fault, if it had one."""
        return self._faults.fault

    @property
    def models(self) -> Models:
        """The models of the board's peripherals."""
        return self._models

    @property
    def instructions(self) -> int:
        """How many instructions were issued since reset."""
        return self._hardware.instructions

    @property
    def time(self) -> int:
        """The board's time in cycles of its core since reset: instructions issued, and what was slept."""
        return self._hardware.time

    @property
    def now(self) -> int:
        """The time of the event that happens now; between two events, that of time."""
        return self._hardware.now()

    @property
    def first_argument(self) -> int:
        """r0: at the first instruction of a function its first argument, at its last what it returns."""
        return self._cpu.result

    @property
    def asleep(self) -> int:
        """How much of the time the core slept, in cycles: of WFI and WFE."""
        return self._hardware.asleep

    @property
    def cycles(self) -> int:
        """How many cycles the model of the core has counted since reset; 0 unless counts_cycles."""
        return self._hardware.cycles

    @property
    def flash_waits(self) -> int:
        """How many cycles the core has waited for flash since reset; 0 unless they are counted."""
        return self._hardware.flash_waits

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
            if self._hardware.sleep is not None:
                self._sleep_on(self._hardware.sleep, end)
            else:
                self._go(min(end, self.time + (QUIET_AFTER_FAULT if self.fault else _SLICE)))
                self._look_for_the_end()
            if self._request is not None:
                return self._request
            if self.time >= end:
                return Stop.BUDGET
            if time.monotonic() > deadline:
                raise self._hardware.error("the firmware is still busy after the time limit.", self._cpu.pc)
        return Stop.BUDGET

    def _run_events(self) -> None:
        try:
            self._events.run_until(self.time)
        except WrongUseError as problem:
            raise self._hardware.error(str(problem), self._cpu.pc) from problem

    def _sleep_on(self, sleep: Sleep, end: int) -> None:
        """Let time pass to the next event, if the core does not wake now."""
        if sleep.ends(self._exceptions, self._cpu.registers.masks(), self._counter.fields):
            self._hardware.sleep = None
        else:
            before = self._hardware.skipped
            self._wait(end)
            self._hardware.asleep += self._hardware.skipped - before

    def _wait(self, end: int) -> None:
        """Skip the time to the next event; without one, only the line can bring something."""
        when = self._events.next_at
        when = self.line.leaves_at if when is None else when
        if when is not None:
            self._hardware.skipped += max(0, min(when, end) - self.time)
        elif self._exceptions.enabled:
            self._request = Stop.IDLE
        else:
            what = "the firmware sleeps, and no interrupt is switched on that could wake it."
            raise self._hardware.error(what, self._cpu.pc)

    def _look_for_input(self, address: int) -> None:
        self._counter.fields.pc = address  # it is the time of this instruction
        self.line.look(self._cpu.result != _NOTHING)

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
            self._bus.is_buffered = self._faults.is_memory_area
        self._bus.on_late = lambda: self._counter.stop_at(0)
        self._bus.before_access = self._run_what_is_due

    def _run_what_is_due(self) -> None:
        when = self._events.next_at
        if when is not None and when <= self.time and when <= (now := self._hardware.now()):
            self._events.run_until(now)

    def _hurry(self, when: int) -> None:
        self._counter.stop_at(min(self._counter.fields.end, max(0, when - self._hardware.skipped)))

    def _go(self, end: int) -> None:
        """Run to the first block that starts at or after a time, or to whatever comes before it."""
        when = self._events.next_at
        fields = self._counter.fields
        self._counter.stop_at((end if when is None else min(end, when)) - self._hardware.skipped)
        fields.reason = 0
        self._interrupt = None
        self._bus.failed = self._bus.problem = None
        self._faults.take_exception()
        try:
            self._cpu.uc.emu_start(self._cpu.pc | 1, NO_END)
        except EngineError as error:
            self._faults.on_error(error)
            return
        finally:
            fields.pc = _NO_ACCESS
        if self._bus.problem is not None:
            raise self._hardware.error(self._bus.problem, self._bus.problem_pc, self._bus.problem_at)
        late = self._bus.take_late()
        if late is not None:
            self._faults.deliver(Fault(BUS_FAULT, self._cpu.pc, core.IMPRECISERR), late)
        elif self._interrupt is not None:
            self._faults.on_exception(self._interrupt)
        elif fields.reason == counting.FPU_IS_OFF:
            self._faults.run_into_fpu()
        elif not fields.reason:
            self._hardware.sleep = sleep_instruction(self._faults.code_before())

    def _look_for_the_end(self) -> None:
        scb = self._models.one(SystemControl)
        spins = self._counter.fields.reason == counting.SPINNING
        self._faults.look_for_the_end(spins or scb.reset_requested)
        if scb.reset_requested:
            raise self._hardware.error("the firmware asked for a reset.", self._cpu.pc)
        if spins and self._may_be_interrupted():
            self._wait(self._counter.fields.end + self._hardware.skipped)
        elif spins:
            raise self._hardware.error("the firmware hangs in a branch to itself.", self._cpu.pc)

    def _may_be_interrupted(self) -> bool:
        """Whether an interrupt may end a branch to itself: one of a peripheral, or what an event brings."""
        if self._cpu.registers.masks().primask or self._exceptions.running() < NOTHING_RUNS:
            return False
        return bool(self._exceptions.enabled) or self._events.next_at is not None

    def _on_interrupt(self, cpu: Engine, number: int, _data: object) -> None:
        self._interrupt = number
        cpu.emu_stop()

    def _ask_to_stop(self, reason: Stop) -> None:
        """Stop before the next block: stopping within one would run its access twice."""
        self._request = reason
        self._counter.stop_at(0)
