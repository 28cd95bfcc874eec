# SPDX-License-Identifier: Apache-2.0
"""Programs for a core with a library's objects in them, by the core's gcc."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from toolkit import process
from toolkit.errors import CompileError
from toolkit.export.library import Library
from toolkit.targets.cores import Core

_FLAGS = ("-std=c99", "-ffunction-sections", "-fdata-sections")
_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Linker:
    """Links programs for core with objects; folder has the headers, flag says how to optimize."""

    core: Core
    folder: Path
    objects: tuple[Path, ...]
    flag: str

    def link(self, text: str, script: str = "") -> Path:
        """Return the ELF of a C program whose entry is Reset_Handler, by a linker script if there is one.

        It is there until the next one is linked. Raises CompileError.
        """
        source, place = self.folder / "start.c", self.folder / "start.ld"
        source.write_text(text, encoding="utf-8")
        place.write_text(script, encoding="utf-8")
        own = ("-nostartfiles", "-Wl,--gc-sections,--entry=Reset_Handler", *(("-T", place) if script else ()))
        self.compile(self.folder, source, *self.objects, *own, "-o", self.folder / "start.elf")
        return self.folder / "start.elf"

    def compile(self, cwd: Path, *words: str | Path) -> None:
        """Call the compiler. Raises CompileError with what it says."""
        flags = [*self.core.tools.gcc_flags, *_FLAGS, self.flag]
        command = [self.core.tools.gcc, *flags, "-I", self.folder, *words]
        done = process.run(command, timeout_s=_TIMEOUT_S, cwd=cwd)
        if done.exit_code != 0:
            raise CompileError(done.output)

    @property
    def version(self) -> str:
        """The compiler's name and version."""
        gcc = self.core.tools.gcc
        return f"{gcc} {process.run([gcc, '-dumpfullversion'], timeout_s=_TIMEOUT_S).output.strip()}"


@contextmanager
def linker_of(library: Library, core: Core) -> Iterator[Linker]:
    """Compile a library for core, and hand out what links it. Raises CompileError."""
    with TemporaryDirectory(prefix="tinyml-export-") as name:
        folder = Path(name)
        for file, text in {**library.headers, **library.sources}.items():
            (folder / file).write_text(text, encoding="utf-8")
        linker, objects = Linker(core, folder, (), library.flag), []
        # Assembly and its twin in C have objects of one name.
        for end in (".c", ".S"):
            (folder / end).mkdir()
            sources = [folder / source for source in library.compiled if source.endswith(end)]
            if sources:
                linker.compile(folder / end, "-c", *sources)
            objects += [folder / end / f"{source.stem}.o" for source in sources]
        yield Linker(core, folder, tuple(objects), library.flag)
