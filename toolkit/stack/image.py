# SPDX-License-Identifier: Apache-2.0
"""The functions of an ELF: their code, whom they call, and whose address is kept somewhere."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from toolkit.errors import InputError
from toolkit.stack.thumb import effects, instructions

T = TypeVar("T")
_VECTORS = "tm_vectors"
_FIRST_HANDLER = 11  # ARM DDI 0403E, table B1-4: before it are the stack, reset and faults
_FAULTS = ("tm_fault_entry", "tm_interrupt_unknown")


@dataclass(frozen=True)
class Function:
    """A function: bytes it takes from the stack itself, whom it calls by name, and what is not known."""

    name: str
    stack_bytes: int
    calls: frozenset[str]
    calls_by_pointer: bool
    is_unbounded: bool


@dataclass(frozen=True)
class Code:
    """All functions by name; pointed_at are those whose address is in data or in an instruction.

    own are those of the user's application: the linker script puts them into one place. handlers are those
    of interrupts, by the vector table, but for what reports a fault from a stack of its own.
    """

    functions: dict[str, Function]
    pointed_at: frozenset[str]
    own: frozenset[str]
    handlers: frozenset[str] = frozenset()


def read_code(elf: Path) -> Code:
    """Return the functions of a Thumb ELF with symbols. Raises InputError if it is none."""
    return _read(elf, lambda reader: reader.code())


def read_pieces(elf: Path) -> list[tuple[str, int, bytes]]:
    """Return each function's name, and address and bytes of its code without the tables in it."""
    return _read(elf, lambda reader: list(reader.pieces()))


def _read(elf: Path, take: Callable[[_Reader], T]) -> T:
    try:
        with elf.open("rb") as stream:
            return take(_Reader(ELFFile(stream)))
    except OSError as error:
        raise InputError(f"cannot read {elf}: {error.strerror}.", hint="Try: tinyml build") from error
    except (ELFError, ValueError, KeyError) as error:
        raise InputError(f"{elf} is not an ELF file: {error}.", hint="Try: tinyml build") from error


class _Reader:
    def __init__(self, file: Any) -> None:
        table = file.get_section_by_name(".symtab")
        symbols = list(table.iter_symbols()) if table else []
        self.sections = [
            (int(s["sh_addr"]), s.data())
            for s in file.iter_sections()
            if s["sh_flags"] & SH_FLAGS.SHF_ALLOC and s["sh_type"] in ("SHT_PROGBITS", "SHT_INIT_ARRAY")
        ]
        places = {symbol.name: int(symbol["st_value"]) for symbol in symbols}
        self.own = (places.get("tm_own_start", 0), places.get("tm_own_end", 0))
        vectors = {s.name: (int(s["st_value"]), int(s["st_size"])) for s in symbols}.get(_VECTORS, (0, 0))
        self.vectors = _vectors(self.bytes_at(vectors[0], sum(vectors)))
        self.of_faults = {places[name] & ~1 for name in _FAULTS if name in places}
        self.ranges: dict[int, tuple[int, str]] = {}
        for symbol in symbols:
            if symbol["st_info"]["type"] == "STT_FUNC":
                start = int(symbol["st_value"]) & ~1
                size = max(int(symbol["st_size"]), self.ranges.get(start, (0, ""))[0])
                self.ranges[start] = (size, self.ranges.get(start, (0, symbol.name))[1])
        marks = {int(s["st_value"]): s.name[1] for s in symbols if s.name[:2] in ("$t", "$d", "$a")}
        self.marks = sorted(marks.items())
        self.places = [place for place, _ in self.marks]
        self.starts = sorted(self.ranges)
        self._complete()

    def _complete(self) -> None:
        """Tell static functions of one name apart, and give a size to those that say none.

        That is assembly of the compiler's library; it reaches to the next function, or to the section's end.
        """
        ends = [*self.starts[1:], *map(self.section_end, self.starts[-1:])]
        seen: set[str] = set()
        for start, end in zip(self.starts, ends, strict=True):
            size, name = self.ranges[start]
            name = f"{name}@{start:#x}" if name in seen else name
            seen.add(name)
            self.ranges[start] = (size or end - start, name)

    def code(self) -> Code:
        there = [start for start in self.starts if self.has_code(start)]
        functions = {self.ranges[start][1]: self.function(start) for start in there}
        pointers = {*self.pointers_in_data(), *self.pointers_in_code()}
        known = {start | 1: name for start, (_, name) in self.ranges.items()}
        pointed_at = frozenset(known[value] for value in pointers if value in known)
        own = frozenset(self.ranges[start][1] for start in there if self.own[0] <= start < self.own[1])
        handlers = {self.owner(vector) for vector in self.vectors - self.of_faults}
        return Code(functions, pointed_at, own, frozenset(handlers))

    def pieces(self) -> Iterator[tuple[str, int, bytes]]:
        for start in self.starts:
            size, name = self.ranges[start]
            for address, code in self.instructions(start, start + size):
                yield name, address, code

    def has_code(self, start: int) -> bool:
        return any(code for _, code in self.instructions(start, start + self.ranges[start][0]))

    def function(self, start: int) -> Function:
        size, name = self.ranges[start]
        stack, calls, by_pointer, unbounded = 0, set(), False, False
        for address, code in self.instructions(start, start + size):
            for effect in effects(code, address, self.word_at):
                stack += effect.stack_bytes
                by_pointer |= effect.is_indirect
                unbounded |= effect.is_unbounded
                if effect.target >= 0 and not start <= effect.target < start + size:
                    calls.add(self.owner(effect.target))
                elif effect.target == start:
                    calls.add(name)
        return Function(name, stack, frozenset(calls), by_pointer, unbounded)

    def owner(self, address: int) -> str:
        """Return the function that address is in: calls go to its start, a part split off goes back."""
        place = bisect_right(self.starts, address) - 1
        start = self.starts[place] if place >= 0 else -1
        if place < 0 or address >= start + max(self.ranges[start][0], 1):
            return f"{address:#010x}"
        return self.ranges[start][1]

    def instructions(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield the pieces of a range that are code and not tables in it."""
        place = max(bisect_right(self.places, start) - 1, 0)
        for index in range(place, len(self.marks)):
            low, kind = self.marks[index]
            high = self.marks[index + 1][0] if index + 1 < len(self.marks) else end
            low, high = max(low, start), min(high, end)
            if kind == "t" and low < high:
                yield low, self.bytes_at(low, high)
            if high >= end:
                return

    def section_end(self, start: int) -> int:
        ends = (address + len(data) for address, data in self.sections if 0 <= start - address < len(data))
        return next(ends, start)

    def word_at(self, address: int) -> int | None:
        data = self.bytes_at(address, address + 4)
        return int.from_bytes(data, "little") if len(data) == 4 else None

    def bytes_at(self, start: int, end: int) -> bytes:
        for address, data in self.sections:
            if address <= start < address + len(data):
                return bytes(data[start - address : end - address])
        return b""

    def pointers_in_data(self) -> Iterator[int]:
        """Yield every aligned word of the image, code too, as tables stand in it."""
        for address, data in self.sections:
            for at in range(-address % 4, len(data) - 3, 4):
                yield int.from_bytes(data[at : at + 4], "little")

    def pointers_in_code(self) -> Iterator[int]:
        """Yield the constants that MOVW and MOVT put together."""
        for start in self.starts:
            halves: dict[int, int] = {}
            for _, code in self.instructions(start, start + self.ranges[start][0]):
                yield from _constants(code, halves)


def _vectors(data: bytes) -> set[int]:
    """Return where SVCall, DebugMonitor, PendSV, SysTick and the interrupts go."""
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data) - 3, 4)]
    return {word & ~1 for word in words[_FIRST_HANDLER:] if word}


def _constants(code: bytes, halves: dict[int, int]) -> Iterator[int]:
    for _, first, second in instructions(code, 0):
        if second < 0:
            continue
        value = (first & 0xF) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF
        register = second >> 8 & 0xF
        if first & 0xFBF0 == 0xF240 and not second & 0x8000:
            halves[register] = value
        elif first & 0xFBF0 == 0xF2C0 and not second & 0x8000 and register in halves:
            yield value << 16 | halves[register]
