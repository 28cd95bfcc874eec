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
