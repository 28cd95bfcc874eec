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
_GCC = "arm-none-eabi-gcc"
_PACKAGE = "toolchain-gccarmnoneeabi"
_BARE = ("-ffreestanding", "-fno-common", "-fno-stack-protector")
_BARE_LINK = ("-nostdlib", "-Wl,--gc-sections", "-Wl,--entry=Reset_Handler")

_GCC_CORE = {
    "cortex-m4f": ("-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
    "cortex-m7f": ("-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"),
}
_ZIG_CORE = {
    "cortex-m4f": ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp"),
    "cortex-m7f": ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m7+fp_armv8d16sp"),
}


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
    core: str, choice: str, environment: Mapping[str, str], package_dirs: Sequence[Path] = ()
) -> Compiler:
    """Return the compiler for core: "native", "cortex-m4f" or "cortex-m7f".

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
    hint = f"apt-get install {_apt(core)}" if choice == "gcc" else ZIG_HINT
    raise NoCompilerError(f"there is no C compiler for {core}: looked for {wanted}", hint)


def cxx_command(compiler: Compiler, core: str) -> tuple[str, ...]:
    """Return the C++ compiler that goes with compiler. Raises NoCompilerError."""
    if compiler.kind == "zig" and core == "native":
        return (compiler.command[0], "c++")
    program = Path(compiler.command[0])
    name = {"gcc": "g++", "clang": "clang++"}.get(program.name, program.name.replace("-gcc", "-g++"))
    if compiler.kind == "zig" or not program.with_name(name).is_file():
        raise NoCompilerError(f"there is no C++ compiler for {core}", f"apt-get install {_apt_cxx(core)}")
    return (str(program.with_name(name)),)


def version_of(compiler: Compiler) -> str:
    """Return what the compiler calls itself, such as "gcc 12.2.1" or "zig 0.13.0"."""
    word = "version" if compiler.kind == "zig" else "-dumpfullversion"
    command = [*compiler.command[:1], word]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return f"{compiler.kind} {done.stdout.strip()}"


def _find_gcc(core: str, environment: Mapping[str, str], package_dirs: Sequence[Path]) -> str | None:
    path = environment.get("PATH", "")
    if core == "native":
        return shutil.which("gcc", path=path) or shutil.which("clang", path=path)
    found = shutil.which(_GCC, path=path)
    for folder in package_dirs:
        found = found or shutil.which(_GCC, path=str(folder / _PACKAGE / "bin"))
    return found


def _find_zig() -> str | None:
    spec = importlib.util.find_spec("ziglang")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).parent / ("zig.exe" if os.name == "nt" else "zig")
    return str(program) if program.is_file() else None


def _gcc(core: str, program: str) -> Compiler:
    if core == "native":
        return Compiler("gcc", (program,), (), ())
    flags = _GCC_CORE[core]
    return Compiler("gcc", (program,), (*flags, *_BARE), (*flags, *_BARE_LINK))


def _zig(core: str, program: str) -> Compiler:
    common = ("-fno-sanitize=undefined",)
    if core == "native":
        return Compiler("zig", (program, "cc"), common, common)
    flags = (*_ZIG_CORE[core], *common)
    return Compiler("zig", (program, "cc"), (*flags, *_BARE), (*flags, *_BARE_LINK))


def _apt_cxx(core: str) -> str:
    return "g++" if core == "native" else "gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib"


def _apt(core: str) -> str:
    return "gcc" if core == "native" else "gcc-arm-none-eabi"
