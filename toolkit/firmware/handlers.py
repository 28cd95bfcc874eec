# SPDX-License-Identifier: Apache-2.0
"""Handlers of interrupts in a build's object files that no vector leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from toolkit.targets.board import Board

_HANDLER = re.compile(r"(_ZL?\d+)?tm_interrupt_(\d+)v?")
_OURS = ("port", "runtime", "model", "kernels", "sensors")
"""Folders below src/ with nothing of the user's."""


def lost_handlers(output: Path, board: Board) -> list[str]:
    """Return a line for each TM_INTERRUPT(number) of the user's code that no interrupt of the board calls.

    output is the folder with the object files of a build: the linker leaves such a function out. Its
    number is too high for the microcontroller, or its name is not what the vectors have.
    """
    interrupts = _interrupts(output, board)
    sources = output / "src"
    ours = tuple(sources / name for name in _OURS)
    found = []
    for file in sorted(output.rglob("*.o")):
        if not any(file.is_relative_to(folder) for folder in ours):
            place = file.relative_to(sources if file.is_relative_to(sources) else output).with_suffix("")
            found += [
                f"{place} defines {why}. See: docs/applications.md" for why in _lost(file, board, interrupts)
            ]
    return found


def _interrupts(output: Path, board: Board) -> int:
    """Return how many interrupts there are: the manual's number, else the table's, which goes by tens."""
    names = (name for name, _ in _functions(output / "src" / "port" / "startup.o"))
    table = sum(_HANDLER.fullmatch(name) is not None for name in names)
    return min(table, board.emulation.interrupts) if board.emulation else table


def _lost(file: Path, board: Board, interrupts: int) -> Iterator[str]:
    for name, is_local in _functions(file):
        if (found := _HANDLER.fullmatch(name)) is None:
            continue
        handler = f"TM_INTERRUPT({found[2]}), which no interrupt calls"
        if found[1]:
            yield f'{handler}: it needs extern "C" before it'
        elif is_local:
            yield f"{handler}: it must not be static"
        elif int(found[2]) >= interrupts:
            yield f"{handler}: the {board.mcu} has the interrupts 0 to {interrupts - 1}"


def _functions(file: Path) -> Iterator[tuple[str, bool]]:
    """Yield name, and whether no other file sees it, of all that an object file defines."""
    try:
        with file.open("rb") as stream:
            table = ELFFile(stream).get_section_by_name(".symtab")
            for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
                if symbol["st_shndx"] != "SHN_UNDEF":
                    yield symbol.name, symbol["st_info"]["bind"] == "STB_LOCAL"
    except (OSError, ELFError, ValueError, KeyError, UnicodeDecodeError):
        return
