# SPDX-License-Identifier: Apache-2.0
"""What a library takes of a microcontroller: linked for one by its compiler, with nothing but its calls."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from toolkit.errors import CompileError
from toolkit.export.instructions import count_calls
from toolkit.export.library import Library, Measured, Taken
from toolkit.export.linker import Linker, linker_of
from toolkit.stack.bound import prove_stack
from toolkit.targets.cores import find_core

_USUAL = "cortex-m4f"
"""The core whose compiler measures portable C."""


def measure(library: Library) -> Measured | None:
    """Return what a library takes; None where no arm-none-eabi-gcc is on the PATH, or it does not link.

    Sections of one's own count too: as flash where they are loaded, as RAM where they are written.
    """
    core = library.core if library.core and library.core.tools.gcc else find_core(_USUAL)
    if shutil.which(core.tools.gcc) is None:
        return None
    try:
        with linker_of(library, core) as linker:
            programs = tuple(_taken(linker, calls, text) for calls, text in _programs(library))
            return Measured(linker.version, core.name, programs, count_calls(library, linker))
    except CompileError:
        return None


def _programs(library: Library) -> Iterator[tuple[str, str]]:
    """Yield what each program calls, in words, and its text; each calls what the last one calls too."""
    names = [member.model.name for member in library.members]
    headers = [f"{name}.h" for name in names]
    calls = [f"{name}_init();\n    {name}_invoke();" for name in names]
    yield "init and invoke", _program(headers, calls)
    for member in library.streams:
        name = member.model.name
        headers.append(f"{name}_feed.h")
        calls.append(f"{name}_feed(0, 0);\n    {name}_feed_window({name}_input());")
    if library.streams:
        yield "and the stream: feed and feed_window", _program(headers, calls)
    deciding = [m.model.name for m in library.streams if library.decides(m)]
    for name in deciding:
        headers.append(f"{name}_decision.h")
        calls.append(f"{name}_decide({name}_output());")
    if deciding:
        yield "and decide", _program(headers, calls)


def _program(headers: list[str], calls: list[str]) -> str:
    includes = "".join(f'#include "{header}"\n' for header in headers)
    body = "".join(f"    {call}\n" for call in calls)
    return f"{includes}void Reset_Handler(void);\nvoid Reset_Handler(void) {{\n{body}}}\n"


def _taken(linker: Linker, calls: str, text: str) -> Taken:
    elf = linker.link(text)
    return Taken(calls, *_sizes(elf), prove_stack(elf).bytes)


def _sizes(elf: Path) -> tuple[int, int]:
    """Return the bytes of all that is loaded, and of all that is written."""
    flash = ram = 0
    with elf.open("rb") as stream:
        for section in ELFFile(stream).iter_sections():
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
                flash += section["sh_size"] if section["sh_type"] != "SHT_NOBITS" else 0
                ram += section["sh_size"] if section["sh_flags"] & SH_FLAGS.SHF_WRITE else 0
    return flash, ram
