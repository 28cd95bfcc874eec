# SPDX-License-Identifier: Apache-2.0
"""Which C compiler will build: gcc on the PATH, PlatformIO's package, or the ziglang wheel."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from toolkit import paths
from toolkit.errors import ToolMissingError, UsageError
from toolkit.suggest import did_you_mean
from toolkit.targets.cores import find_core

VARIABLE = "TINYML_TOOLCHAIN"


@dataclass(frozen=True)
class Toolchain:
    """A compiler: kind is "gcc" or "zig"; program is what is started."""

    kind: str
    program: Path


def find_toolchain(core: str, choice: str | None = None, package_dirs: Sequence[Path] = ()) -> Toolchain:
    """Return the compiler for a core of toolkit/targets/cores.py.

    choice is auto, gcc or zig; None is $TINYML_TOOLCHAIN, else auto. package_dirs are PlatformIO's
    folders of packages. The rules are those of the project's own build, which runs without the
    toolkit. Raises ToolMissingError with the command that gets a compiler.
    """
    found = _find(core, choice, package_dirs)
    return Toolchain(found.kind, Path(found.command[0]))


def _find(core: str, choice: str | None, package_dirs: Sequence[Path]) -> Any:
    rules, tools = _rules(), vars(find_core(core).tools)
    wanted = choice or os.environ.get(VARIABLE) or "auto"
    if wanted not in rules.CHOICES:
        raise UsageError(f"{VARIABLE}={wanted} is not known. {did_you_mean(wanted, rules.CHOICES)}")
    try:
        return rules.find_compiler(rules.Core(core, **tools), wanted, os.environ, package_dirs)
    except rules.NoCompilerError as error:
        raise ToolMissingError(f"{error}.", hint=f"Try: {error.hint}") from error


def core_compiler(core: str, package_dirs: Sequence[Path] = ()) -> Any:
    """Return the compiler for a core with its flags: kind, command, compile_flags, link_flags.

    Raises as find_toolchain() does.
    """
    return _find(core, None, package_dirs)


def compiler_name(core: str, package_dirs: Sequence[Path] = ()) -> str:
    """Return what the compiler for core calls itself, such as "gcc 12.2.1"; "" if there is none."""
    try:
        return str(_rules().version_of(_find(core, None, package_dirs)))
    except ToolMissingError:
        return ""


def find_host_toolchain() -> Toolchain:
    """Return a compiler for this computer: the one that $TINYML_TOOLCHAIN chooses, else any that is there.

    The choice is meant for the boards; what checks their code can do with the other compiler. Raises
    ToolMissingError if there is none.
    """
    try:
        return find_toolchain("native")
    except ToolMissingError:
        return find_toolchain("native", "auto")


@lru_cache(maxsize=1)
def _rules() -> ModuleType:
    """The platform's compilers.py: it stands in every project, so it cannot be part of the package."""
    path = paths.templates("platform", "builder", "compilers.py")
    spec = importlib.util.spec_from_file_location("tinyml_platform_compilers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
