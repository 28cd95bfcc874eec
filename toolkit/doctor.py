# SPDX-License-Identifier: Apache-2.0
"""What is installed, what is missing, for which command it matters, and the line that fixes it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from toolkit.engines.kept import used_engine
from toolkit.flash import flash_methods, ways
from toolkit.targets.board import board_names, load_board
from toolkit.targets.cores import CORES


@dataclass(frozen=True)
class Finding:
    """One thing the toolkit can use: found is its version or place, "" if it is not there.

    required says that nothing works without it; one of a group is enough for the group's commands.
    """

    name: str
    found: str
    needed_for: str
    fix: str
    required: bool = False


def examine() -> list[Finding]:
    """Return a finding for every tool and package, in the order of a project's steps."""
    return [_python(), *_packages(), *_programs(), *_ways_to_flash(), _engine()]


def missing_requirements(findings: list[Finding]) -> list[Finding]:
    """Return the findings without which the base commands do not work."""
    return [finding for finding in findings if finding.required and not finding.found]


def _python() -> Finding:
    good = (3, 10) <= sys.version_info[:2] <= (3, 13)
    found = ".".join(map(str, sys.version_info[:3]))
    fix = "Install Python 3.10, 3.11, 3.12 or 3.13 and make the virtual environment with it."
    return Finding("Python", found if good else "", "everything", fix, required=True)


def _packages() -> list[Finding]:
    base = "pip install --force-reinstall tinyml-toolkit"
    train, tflm, zig, emulate, live = map(_extra, ("train", "tflm", "zig", "emulate", "live"))
    search = _extra("search")
    everyday = [("numpy", "compile, check"), ("jinja2", "build"), ("platformio", "build, flash")]
    everyday += [
        ("SCons", "build"),
        ("pyserial", "monitor, check --port"),
    ]
    tensorflow = "tensorflow-cpu" if _version("tensorflow-cpu") else "tensorflow"
    return [
        *(Finding(name, _version(name), verbs, base, required=True) for name, verbs in everyday),
        Finding("unicorn", _version("unicorn"), "emulate, and check, run, bisect in emulation", emulate),
        Finding(tensorflow, _version(tensorflow), "train, quantize", train),
        Finding("scikit-learn", _version("scikit-learn"), "the digits data", train),
        Finding("matplotlib", _version("matplotlib"), "the report's pictures", train),
        Finding("pillow", _version("pillow"), "data that are pictures", train),
        Finding("soundfile", _version("soundfile"), "data that are sound", train),
        Finding("tflite-micro", _version("tflite-micro"), "check, run against the device's own code", tflm),
        Finding("starlette", _version("starlette"), "live, predict --window", live),
        Finding("psycopg", _version("psycopg"), "search --storage postgresql://", search),
        Finding("ziglang", _version("ziglang"), "build without arm-none-eabi-gcc", zig),
    ]


def _extra(name: str) -> str:
    return f"pip install 'tinyml-toolkit[{name}]'"


def _programs() -> list[Finding]:
    compilers = {core.tools.gcc: f"apt-get install {core.tools.apt}" for core in CORES.values()}
    programs: list[tuple[str, str, str]] = [
        *((gcc, "build (else ziglang)", fix) for gcc, fix in compilers.items() if gcc),
        ("cc", "build --board host, fast emulation", "apt-get install gcc"),
        ("qemu-system-arm", "check --runner qemu", "apt-get install qemu-system-arm"),
        ("renode", "check --runner renode", "See Renode's releases; the embedded emulator needs nothing."),
        ("renode-test", "the .robot files of a build", "It comes with Renode; it wants robotframework."),
    ]
    find: Callable[[str], str | None] = shutil.which
    return [Finding(name, find(name) or "", verbs, fix) for name, verbs, fix in programs]


def _engine() -> Finding:
    used = used_engine()
    found = f"{used.commit[:7]} in {used.folder}" if used else os.environ.get("TINYML_TFLM", "")
    verbs = "build, check, run, profile with --engine tflm"
    return Finding("TFLM's sources", found, verbs, "tinyml engine fetch tflm")


def _ways_to_flash() -> list[Finding]:
    """Return a finding for every method of every board: one of a board's is enough for it."""
    every = [(board, way) for board in map(load_board, board_names()) for way in ways(board)]
    found = []
    for name in dict.fromkeys(way.upload.tool for _, way in every):
        same = [(board.name, way) for board, way in every if way.upload.tool == name]
        boards = ", ".join(board for board, _ in same)
        usable = same[0][1].usable
        found.append(Finding(name, _place(name) if usable else "", f"flash {boards}", usable.get))
    return found


def _place(method: str) -> str:
    return shutil.which(method) or ("built in" if method in flash_methods() else "installed")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        module = package.replace("-", "_")
        return "installed" if importlib.util.find_spec(module) else ""
