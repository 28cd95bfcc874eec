# SPDX-License-Identifier: Apache-2.0
"""What a library takes of a microcontroller: linked for one by its compiler, with nothing but its calls."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from toolkit import process
from toolkit.export.library import Library, Measured
from toolkit.stack.bound import prove_stack
from toolkit.targets.cores import Core, find_core

_USUAL = "cortex-m4f"
"""The core whose compiler measures portable C."""
_FLAGS = ("-std=c99", "-O2", "-ffunction-sections", "-fdata-sections")
_TIMEOUT_S = 300.0


def measure(library: Library) -> Measured | None:
    """Return what a library takes; None where no arm-none-eabi-gcc is on the PATH, or it does not link.

    Sections of one's own count too: as flash where they are loaded, as RAM where they are written.
    """
    core = library.core if library.core and library.core.tools.gcc else find_core(_USUAL)
    if shutil.which(core.tools.gcc) is None:
        return None
    with tempfile.TemporaryDirectory(prefix="tinyml-export-") as folder:
        elf = _linked(library, core, Path(folder))
        if elf is None:
            return None
        flash, ram = _sizes(elf)
        version = process.run([core.tools.gcc, "-dumpfullversion"], timeout_s=_TIMEOUT_S).output.strip()
        return Measured(f"{core.tools.gcc} {version}", core.name, flash, ram, prove_stack(elf).bytes)


def _linked(library: Library, core: Core, folder: Path) -> Path | None:
    for name, text in {**library.headers, **library.sources, "start.c": _start(library)}.items():
        (folder / name).write_text(text, encoding="utf-8")
    sources = [folder / name for name in (*library.compiled, "start.c")]
    linking = ["-nostartfiles", "-Wl,--gc-sections,--entry=Reset_Handler"]
    command: list[str | Path] = [
        core.tools.gcc,
        *core.tools.gcc_flags,
        *_FLAGS,
        "-I",
        folder,
        *sources,
        *linking,
    ]
    done = process.run([*command, "-o", folder / "start.elf"], timeout_s=_TIMEOUT_S)
    return folder / "start.elf" if done.exit_code == 0 else None


def _start(library: Library) -> str:
    names = [member.model.name for member in library.members]
    includes = "".join(f'#include "{name}.h"\n' for name in names)
    calls = "".join(f"    {name}_init();\n    {name}_invoke();\n" for name in names)
    return f"{includes}void Reset_Handler(void);\nvoid Reset_Handler(void) {{\n{calls}}}\n"


def _sizes(elf: Path) -> tuple[int, int]:
    """Return the bytes of all that is loaded, and of all that is written."""
    flash = ram = 0
    with elf.open("rb") as stream:
        for section in ELFFile(stream).iter_sections():
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
                flash += section["sh_size"] if section["sh_type"] != "SHT_NOBITS" else 0
                ram += section["sh_size"] if section["sh_flags"] & SH_FLAGS.SHF_WRITE else 0
    return flash, ram
