# SPDX-License-Identifier: Apache-2.0
"""A firmware's ELF file: what stands in flash, and which function an address lies in."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from toolkit.errors import InputError
from toolkit.thumb import instruction_places

NO_FUNCTION = "no function"


@dataclass(frozen=True)
class Segment:
    """Bytes and the address that a programmer writes them to."""

    address: int
    data: bytes


@dataclass(frozen=True)
class Image:
    """A loaded ELF file: segments, functions sorted by address, and all symbols by name."""

    path: Path
    segments: tuple[Segment, ...]
    functions: tuple[tuple[int, int, str], ...]
    symbols: dict[str, int]

    def symbol_at(self, address: int) -> str:
        """Return function+0xoffset for an address, or NO_FUNCTION."""
        plain = address & ~1
        index = bisect.bisect_right(self.functions, (plain, 1 << 32, "")) - 1
        if index >= 0:
            start, size, name = self.functions[index]
            if plain < start + max(size, 2):
                return f"{name}+{plain - start:#x}" if plain != start else name
        return NO_FUNCTION

    def returns_of(self, name: str) -> tuple[int, ...]:
        """Return the addresses of the instructions that end a function; none if there is no such."""
        found: list[int] = []
        for start, size, function in self.functions:
            code = self._code(start, size) if function == name else b""
            found += [start + at for at, wide in instruction_places(code) if _returns(code[at : at + wide])]
        return tuple(found)

    def _code(self, address: int, size: int) -> bytes:
        for segment in self.segments:
            offset = address - segment.address
            if 0 <= offset < len(segment.data):
                return segment.data[offset : offset + size]
        return b""


def _returns(instruction: bytes) -> bool:
    """Whether it is bx lr, or pop or ldr of pc from the stack (ARM DDI 0403E A7.7.20, A7.7.99, A7.7.43)."""
    first, second = (int.from_bytes(instruction[at : at + 2], "little") for at in (0, 2))
    if len(instruction) == 2:
        return first == 0x4770 or first >> 8 == 0xBD
    return (first == 0xE8BD and bool(second >> 15)) or (first, second) == (0xF85D, 0xFB04)


def load_image(path: Path) -> Image:
    """Return the ELF file at path. Raises InputError if it is not a 32-bit ARM one."""
    try:
        with path.open("rb") as stream:
            return _read(path, ELFFile(stream))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}.") from error
    except (ELFError, ValueError, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a firmware image: {error}.") from error


def _read(path: Path, elf: ELFFile) -> Image:
    if elf.elfclass != 32 or elf["e_machine"] != "EM_ARM":
        raise InputError(f"{path} is not a 32-bit ARM ELF file.")
    segments = tuple(
        Segment(part["p_paddr"], part.data())
        for part in elf.iter_segments()
        if part["p_type"] == "PT_LOAD" and part["p_filesz"]
    )
    functions, symbols = [], {}
    for table in elf.iter_sections():
        if not isinstance(table, SymbolTableSection):
            continue
        for symbol in table.iter_symbols():
            address = symbol["st_value"]
            symbols[symbol.name] = address
            if symbol["st_info"]["type"] == "STT_FUNC":
                functions.append((address & ~1, symbol["st_size"], symbol.name))
    return Image(path, segments, tuple(sorted(functions)), symbols)
