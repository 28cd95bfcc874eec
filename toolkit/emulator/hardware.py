# SPDX-License-Identifier: Apache-2.0
"""The parts of a board, put together as its file says, and the time that they share."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

from toolkit.emulator.bus import Bus
from toolkit.emulator.counter import Counter
from toolkit.emulator.cpu import Cpu
from toolkit.emulator.error import EmulationError, WrongUseError
from toolkit.emulator.events import Events
from toolkit.emulator.exceptions import Exceptions
from toolkit.emulator.feed import Feed
from toolkit.emulator.image import load_image
from toolkit.emulator.led import Led
from toolkit.emulator.left import Left
from toolkit.emulator.peripherals.cortex_m import DWT_BASE, SCS_BASE, Dwt, SystemControl
from toolkit.emulator.peripherals.nvic import NVIC_BASE, NVIC_BYTES, SYSTICK_BASE, Nvic, SysTick
from toolkit.emulator.peripherals.peripheral import Models, System
from toolkit.emulator.peripherals.registry import make_peripheral
from toolkit.emulator.pins import BUTTON, Pins, fed_names, plan_presses
from toolkit.emulator.serial_line import SerialLine
from toolkit.emulator.sleep import Sleep
from toolkit.errors import DoesNotFitError, InputError
from toolkit.targets import board as boards
from toolkit.targets.cores import Emulated, find_core
from toolkit.timing.model import Counts, cost_of

_V6M_LINES, _V6M_PRIORITY_BITS = 32, 2  # ARM DDI 0419E, B1.5.4 and B3.4


class Hardware:
    """Core, memory with the firmware in it, peripherals, line and LED of a board.

    skipped is the time that the core did not run, in its cycles, asleep what of it was sleep; sleep how it
    sleeps, None while it runs. counter_sleeps has the cycle counter stand still meanwhile.
    Raises InputError if the emulator cannot run the board or the board would not start, DoesNotFitError for a
    firmware elsewhere than in its flash.
    """

    def __init__(
        self,
        elf: Path,
        board: boards.Board,
        native_counter: bool | None,
        counts: Counts,
        feeds: Mapping[str, Feed],
    ) -> None:
        if board.emulation is None or board.memory is None:
            raise InputError(
                f"{board.name} has no [emulation] in its board file: the emulator cannot run it."
            )
        _require_sensors(board, feeds)
        self.board, self._feeds = board, feeds
        self.image = load_image(elf)
        self.line = SerialLine(board.uart.baud if board.uart else 115200)
        self.led = Led()
        self.pins = Pins()
        emulated = find_core(board.core).emulated
        if emulated is None:
            raise InputError(f"the emulator does not know the core {board.core} of {board.name}.")
        self.cpu = Cpu(emulated)
        self.models = Models()
        self.events = Events()
        self.exceptions = _exceptions(board, board.emulation, self.cpu.is_v6m)
        self.skipped = self.asleep = 0
        self.counter_sleeps = False
        self.sleep: Sleep | None = None
        self.bus = Bus(self.cpu.uc, self.models)
        self.memory, self.flash = board.memory, board.memory.flash
        self._flash_bytes = self.bus.map_flash(self.flash)
        for region in (board.memory.ram, *board.emulation.ram):
            self.bus.map_ram(region)
        cost = cost_of(find_core(board.core).timing) if counts == "cycles" else None
        timing = board.flash_timing if counts == "flash_waits" else None
        self.counts_cycles = cost is not None
        self._counts = counts
        self.counter = Counter(
            self.cpu.uc,
            self._flash_bytes,
            self.flash.origin,
            native_counter,
            cost,
            timing,
            self.cpu.is_a_profile,
        )
        self._load()
        self._add_peripherals(board, board.emulation, emulated)
        plan_presses(board, feeds.get(BUTTON), self.pins, self.events)

    def reset(self, left: Left) -> None:
        """Start as the core does, or as a chip's ROM does with a loader; left is what a bootloader left."""
        stack, start = self._start_of_loader() or struct.unpack("<2I", bytes(self._flash_bytes[:8]))
        self.cpu.reset(self.models.one(SystemControl), self.counter.fields, stack, start)
        left.apply(self.cpu.registers, self.exceptions)

    def _start_of_loader(self) -> tuple[int, int] | None:
        """Copy the loader to where it runs; return a stack and its address, None if there is none."""
        loader = self.memory.loader
        if loader is None:
            return None
        code = bytes(self._flash_bytes[: loader.bytes])
        problem = boards.loader_problem(loader, code)
        if problem:
            raise InputError(f"{self.board.name} does not start {self.image.path}: {problem}.")
        self._write_memory(loader.runs_at, code[:-4])
        return loader.runs_at, loader.runs_at

    @property
    def instructions(self) -> int:
        """How many instructions were issued since reset."""
        return int(self.counter.fields.instructions)

    @property
    def time(self) -> int:
        """The board's time in cycles of its core since reset: instructions issued, and what was slept."""
        return self.instructions + self.skipped

    @property
    def cycles(self) -> int:
        """How many cycles the model of the core has counted since reset; 0 unless counts_cycles."""
        return int(self.counter.fields.cycles)

    @property
    def flash_waits(self) -> int:
        """How many cycles the core has waited for flash since reset; 0 unless they are counted."""
        return int(self.counter.fields.waits)

    def wait_in_access(self, until: int | None) -> None:
        """Skip the time to the next event, or until, while the firmware only asks for it."""
        now = self.now()
        times = [when for when in (self.events.next_at, until) if when is not None]
        skipped = min(times, default=now) - now
        if skipped > 0:
            self.skipped += skipped
            self.counter.stop_at(max(0, self.counter.fields.end - skipped))

    def _load(self) -> None:
        end = self.flash.origin + self.flash.bytes
        for segment in self.image.segments:
            if not (self.flash.origin <= segment.address and segment.address + len(segment.data) <= end):
                raise DoesNotFitError(
                    f"{self.image.path} writes {len(segment.data):,} bytes to {segment.address:#010x}; "
                    f"{self.board.name}'s flash is {self.flash.origin:#010x} to {end:#010x}."
                )
            self.cpu.uc.mem_write(segment.address, segment.data)

    def _add_peripherals(self, board: boards.Board, emulation: boards.Emulation, emulated: Emulated) -> None:
        system = System(
            board=board,
            line=self.line,
            led=self.led,
            now=self.now,
            cycles=self._counted_before_access(),
            read_memory=lambda address, size: bytes(self.cpu.uc.mem_read(address, size)),
            write_memory=self._write_memory,
            models=self.models,
            events=self.events,
            exceptions=self.exceptions,
            wait=self.wait_in_access,
            feeds=self._feeds,
            pins=self.pins,
        )
        is_v6m = {"is_v6m": int(self.cpu.is_v6m)}
        for model, base, size in ((SysTick, SYSTICK_BASE, 0x10), (Nvic, NVIC_BASE, NVIC_BYTES)):
            self.models.add(model(system, boards.Peripheral(model.__name__, base, size, "", is_v6m)))
        scs = {"cpuid": emulated.cpuid, "ccr": emulated.ccr, "caches": int(emulated.has_caches), **is_v6m}
        scs["vtor"] = self.flash.origin if self.memory.loader is None else 0
        control = SystemControl(system, boards.Peripheral("SCS", SCS_BASE, 0x1000, "", scs))
        self.models.add(control)
        if self.cpu.is_v6m:
            self._set_fpu(True)  # there is none: its instructions are undefined
        else:
            dwt = {"locked": int(find_core(board.core).locks_dwt)}
            self.models.add(Dwt(system, boards.Peripheral("DWT", DWT_BASE, 0x1000, "", dwt)))
            control.cpacr.on_write = lambda _value: self._set_fpu(control.fpu_is_on)
        for spec in emulation.peripherals:
            self.models.add(make_peripheral(system, spec))
        self.bus.map_peripherals(self.counter.allow_access)

    def now(self) -> int:
        """The time of the event that happens, or of the access to a register, or at which it stands still."""
        if self.events.now is not None:
            return self.events.now
        return self.counter.issued_before_access() + self.skipped

    def _counted_before_access(self) -> Callable[[], int]:
        if self._counts == "flash_waits":
            return lambda: self.now() + self.flash_waits
        if self.counts_cycles:
            return lambda: self.counter.cycles_before_access() + self.skipped
        return lambda: self.now() - (self.asleep if self.counter_sleeps else 0)

    def _set_fpu(self, is_on: bool) -> None:
        self.counter.fields.fpu_is_off = int(not is_on)

    def _write_memory(self, address: int, data: bytes) -> None:
        if not self.bus.is_ram(address, len(data)):
            raise WrongUseError(f"DMA writes to {address:#010x}, which is not RAM.")
        self.cpu.uc.mem_write(address, data)

    def error(
        self, message: str, pc: int, address: int | None = None, hint: str | None = None
    ) -> EmulationError:
        """Return the error of a place in the firmware."""
        return EmulationError(message, pc=pc, symbol=self.image.symbol_at(pc), address=address, hint=hint)


def _require_sensors(board: boards.Board, feeds: Mapping[str, Feed]) -> None:
    names = fed_names(board)
    for name in feeds:
        if name not in names:
            has = f"it has {', '.join(names)}" if names else "its board file has no [[sensors]]"
            raise InputError(f"{board.name} has no sensor {name!r}: {has}.")


def _exceptions(board: boards.Board, emulation: boards.Emulation, is_v6m: bool) -> Exceptions:
    lines, bits = emulation.interrupts, emulation.priority_bits
    if is_v6m and (lines > _V6M_LINES or bits != _V6M_PRIORITY_BITS):
        raise InputError(
            f"{board.name} has {lines} interrupt lines and {bits} bits of priority; a {board.core} has at "
            f"most {_V6M_LINES} lines, and {_V6M_PRIORITY_BITS} bits.",
            hint=f"Try: interrupts and priority_bits in [emulation] of boards/{board.name}.toml",
        )
    return Exceptions(lines, bits)
