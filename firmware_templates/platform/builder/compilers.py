# SPDX-License-Identifier: Apache-2.0
"""Which C compiler builds for a core, and with which flags. Stands alone: no toolkit, no SCons."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

CHOICES = ("auto", "gcc", "zig")
ZIG_HINT = 'python -m pip install "ziglang==0.13.0.post1"'
_BARE = ("-ffreestanding", "-fno-common", "-fno-stack-protector")
_BARE_LINK = ("-nostdlib", "-Wl,--gc-sections", "-Wl,--entry=Reset_Handler")


class Core(NamedTuple):
    """What is to be known of a core, as platformio.ini says it; tests and the toolkit fill it in themselves.

    gcc is the program, "" for this computer's own compiler; gcc_package is PlatformIO's package with it.
    apt and apt_cxx are Debian's packages with gcc, and with g++.
    """

    name: str
    gcc: str
    gcc_package: str
    gcc_flags: tuple[str, ...]
    zig_flags: tuple[str, ...]
    apt: str
    apt_cxx: str


class Compiler(NamedTuple):
    """A compiler: kind is "gcc" or "zig", command starts it, the flags are those of the core."""

    kind: str
    command: tuple[str, ...]
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...]


class NoCompilerError(Exception):
    """No compiler for the core is installed; hint is the command that gets one."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def find_compiler(
    core: Core, choice: str, environment: Mapping[str, str], package_dirs: Sequence[Path] = ()
) -> Compiler:
    """Return the compiler for core.

    choice is one of CHOICES. auto is gcc on the PATH, else PlatformIO's toolchain package in one
    of package_dirs, else the wheel ziglang. Raises NoCompilerError.
    """
    if choice not in CHOICES:
        raise NoCompilerError(f"the toolchain {choice!r} is not known", f"choose {', '.join(CHOICES)}")
    gcc = None if choice == "zig" else _find_gcc(core, environment, package_dirs)
    if gcc:
        return _gcc(core, gcc)
    zig = None if choice == "gcc" else _find_zig()
    if zig:
        return _zig(core, zig)
    wanted = {"gcc": "gcc", "zig": "the wheel ziglang"}.get(choice, "gcc or the wheel ziglang")
    hint = f"apt-get install {core.apt}" if choice == "gcc" else ZIG_HINT
    raise NoCompilerError(f"there is no C compiler for {core.name}: looked for {wanted}", hint)


def cxx_command(compiler: Compiler, core: Core, needs_library: bool) -> tuple[str, ...]:
    """Return the C++ compiler that goes with compiler. Raises NoCompilerError.

    needs_library is whether C++'s own headers are included, which zig does not have for the boards.
    """
    if compiler.kind == "zig" and not (core.gcc and needs_library):
        return (compiler.command[0], "c++")
    program = Path(compiler.command[0])
    name = {"gcc": "g++", "clang": "clang++"}.get(program.name, program.name.replace("-gcc", "-g++"))
    if compiler.kind == "zig" or not program.with_name(name).is_file():
        raise NoCompilerError(f"there is no C++ compiler for {core.name}", f"apt-get install {core.apt_cxx}")
    return (str(program.with_name(name)),)


def version_of(compiler: Compiler) -> str:
    """Return what the compiler calls itself, such as "gcc 12.2.1" or "zig 0.13.0"."""
    word = "version" if compiler.kind == "zig" else "-dumpfullversion"
    command = [*compiler.command[:1], word]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return f"{compiler.kind} {done.stdout.strip()}"


def _find_gcc(core: Core, environment: Mapping[str, str], package_dirs: Sequence[Path]) -> str | None:
    path = environment.get("PATH", "")
    if not core.gcc:
        return shutil.which("gcc", path=path) or shutil.which("clang", path=path)
    found = shutil.which(core.gcc, path=path)
    for folder in package_dirs:
        found = found or shutil.which(core.gcc, path=str(folder / core.gcc_package / "bin"))
    return found


def _find_zig() -> str | None:
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / ("zig.exe" if os.name == "nt" else "zig")
    return str(program) if program.is_file() else None


def _gcc(core: Core, program: str) -> Compiler:
    if not core.gcc:
        return Compiler("gcc", (program,), (), ())
    flags = core.gcc_flags
    return Compiler("gcc", (program,), (*flags, *_BARE), (*flags, *_BARE_LINK))


def _zig(core: Core, program: str) -> Compiler:
    common = ("-fno-sanitize=undefined",)
    if not core.gcc:
        return Compiler("zig", (program, "cc"), common, common)
    flags = (*core.zig_flags, *common)
    return Compiler("zig", (program, "cc"), (*flags, *_BARE), (*flags, *_BARE_LINK))
