# SPDX-License-Identifier: Apache-2.0
"""Builds the runtime and a board's port with the fake model of tests/runtime, without PlatformIO."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from support.objects import kept_file, object_of

from toolkit import process
from toolkit.codegen.templates import render
from toolkit.firmware.bmi270 import CONFIG_BYTES, SOURCE_FILE, ChipConfig, without_chip
from toolkit.firmware.facilities import SENSORS_HEADER, sensors_header, without_unused
from toolkit.firmware.render import given_defines
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "firmware_templates"
RUNTIME = TEMPLATES / "runtime"
FAKES = ROOT / "tests" / "runtime"
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror")
SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FAKE_MODEL = FAKES / "fake_model.c"
FAKE_INPUT_BYTES = 7
BMI270_STAND_IN = ChipConfig(random.Random(270).randbytes(CONFIG_BYTES))
"""For Bosch's configuration of that chip, which the toolkit does not have."""


def build_image(
    board: Board, choice: str, folder: Path, application: str = "none", model: Path = FAKE_MODEL
) -> Path:
    """Return folder/firmware.elf, built by gcc or zig; skips the test where that is missing."""
    return _build(board, choice, folder, _sources(board, application, model))


def build_own_image(
    board: Board,
    choice: str,
    folder: Path,
    code: str,
    model: Path = FAKE_MODEL,
    bmi270: ChipConfig | None = None,
) -> Path:
    """Return the same with an application of a user's, and what it uses of sensors and ports.

    Without bmi270 a board is built for as if it had no such chip, as render_project() does.
    """
    board = board if bmi270 else without_chip(board)
    folders = {
        "port": [*port_folders(board.port), TEMPLATES / "ports" / "cortex_m"],
        "runtime": [RUNTIME, RUNTIME / "own"],
        "sensors": [TEMPLATES / "sensors"],
    }
    places = {
        f"src/{part}/{path.name}": path
        for part, those in folders.items()
        for f in those
        for path in f.glob("*.[ch]")
    }
    del places["src/runtime/tm_pace.c"]
    if bmi270:
        places[f"src/sensors/{SOURCE_FILE}"] = kept_file(SOURCE_FILE, bmi270.source())
    places["src/app/my_app.c"] = kept_file("my_app.c", code)
    texts: dict[str, str | bytes] = {place: path.read_bytes() for place, path in places.items()}
    texts[SENSORS_HEADER] = render("tm_sensors.h.j2", vars(sensors_header(board)))
    used = without_unused(texts, board)
    parts = _sources(board, "none", model)
    for part in (*folders, "app"):
        parts[part] = sorted(places[p] for p in used if p.startswith(f"src/{part}/") and p.endswith(".c"))
    return _build(board, choice, folder, parts)


def _build(board: Board, choice: str, folder: Path, parts: dict[str, list[Path]]) -> Path:
    compiler = find_compiler(board.core, choice)
    _write_configuration(board, folder)
    objects: list[str] = []
    for part, sources in parts.items():
        objects += _compile(compiler, board.port, part, sources, folder)
    link: tuple[str, ...] = compiler.link_flags
    if not board.is_host:
        libraries = ("-lgcc",) if choice == "gcc" else ()
        link = (*link, "-T", "memory.ld", *libraries)
    _run([*compiler.command, *objects, *link, "-o", "firmware.elf"], folder)
    return folder / "firmware.elf"


def find_compiler(core: str, choice: str) -> Any:
    """Return the platform's own Compiler for core; skips the test where there is none."""
    path = TEMPLATES / "platform" / "builder" / "compilers.py"
    spec = importlib.util.spec_from_file_location("compilers_for_tests", path)
    assert spec is not None and spec.loader is not None
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    try:
        return rules.find_compiler(rules.Core(core, **vars(find_core(core).tools)), choice, os.environ)
    except rules.NoCompilerError as error:
        pytest.skip(f"{error}. Try: {error.hint}")


def compile_for_host(
    sources: Sequence[Path], output: Path, flags: Sequence[str] = SANITIZERS, includes: Sequence[Path] = ()
) -> Path:
    """Return output: the C sources as a program (or shared library) for this computer."""
    compiler = find_compiler("native", "gcc")
    include = [f"-I{path}" for path in (RUNTIME, FAKES, *includes)]
    words = [*compiler.command, *WARNINGS, *flags, *include, *map(str, sources), "-o", str(output)]
    _run(words, output.parent)
    return output


def _sources(board: Board, application: str, model: Path) -> dict[str, list[Path]]:
    ports = port_folders(board.port)
    if not board.is_host:
        ports.append(TEMPLATES / "ports" / "cortex_m")
    return {
        "port": [path for port in ports for path in sorted(port.glob("*.c")) if not _is_optional(path)],
        "runtime": [*sorted(RUNTIME.glob("*.c")), RUNTIME / "apps" / f"{application}.c"],
        "model": [model, kept_file("app_data.c", _APP_DATA)],
    }


def _is_optional(path: Path) -> bool:
    """Return whether a port's file is for applications that use sensors; here there are none."""
    return path.name.startswith("tm_port_")


def port_folders(port: str) -> list[Path]:
    """Return the folder of a port, and before it that of its family."""
    folder = TEMPLATES / "ports" / port
    return [folder.parent, folder] if "/" in port else [folder]


def _compile(compiler: Any, port: str, part: str, sources: list[Path], folder: Path) -> list[str]:
    """Return the objects, under src/<part> as in a rendered project: the linker script looks there."""
    place = folder / "src" / part
    place.mkdir(parents=True, exist_ok=True)
    config = kept_file("board_config.h", (folder / "board_config.h").read_text(encoding="utf-8"))
    sensors = kept_file("tm_sensors.h", (folder / "tm_sensors.h").read_text(encoding="utf-8"))
    ports = [TEMPLATES / "ports" / "cortex_m", *port_folders(port)]
    includes = [RUNTIME, FAKES, *ports, config.parent, sensors.parent, TEMPLATES / "sensors", RUNTIME / "own"]
    flags = ["-O2", "-ffunction-sections", "-fdata-sections", *WARNINGS, *compiler.compile_flags]
    command = [*compiler.command, *flags, *(f"-I{path}" for path in includes)]
    for source in sources:
        shutil.copy(object_of(source, command), place / f"{source.stem}.o")
    return [f"src/{part}/{path.stem}.o" for path in sources]


def _write_configuration(board: Board, folder: Path) -> None:
    values: dict[str, object] = {
        "TM_BOARD": f'"{board.name}"',
        "TM_FIRMWARE_VERSION": '"0.0.0"',
        "TM_MADE_BY": '""',
        "TM_INPUT_BYTES": FAKE_INPUT_BYTES,
        "TM_KEEPS_INPUT": 1,
    }
    values |= dict(given_defines(board))
    values |= {f"TM_{name.upper()}": value for name, value in board.defines.items()}
    lines = "".join(f"#define {name} {value}\n" for name, value in values.items())
    (folder / "board_config.h").write_text(lines)
    (folder / "tm_sensors.h").write_text(render("tm_sensors.h.j2", vars(sensors_header(board))))
    if board.memory:
        flash, ram = board.memory.flash, board.memory.ram
        symbols = {"flash": flash.bytes, "ram": ram.bytes, "stack": board.memory.stack_bytes}
        script = f"MEMORY\n{{\nFLASH (rx) : ORIGIN = {flash.origin}, LENGTH = {flash.bytes}\n"
        script += f"RAM (rwx) : ORIGIN = {ram.origin}, LENGTH = {ram.bytes}\n}}\n"
        script += "".join(f"tm_{name}_bytes = {value};\n" for name, value in symbols.items())
        script += f'INCLUDE "{TEMPLATES / "ports" / "cortex_m" / "sections.ld"}"\n'
        (folder / "memory.ld").write_text(script)


def _run(words: list[str], folder: Path) -> None:
    finished = process.run(words, cwd=folder, timeout_s=120)
    assert finished.exit_code == 0, finished.output


_APP_DATA = """#include "app_data.h"
static const char *const labels[] = {"cat", "a \\"b\\"", "\\303\\251t\\303\\251"};
static const int8_t samples[2 * 7] = {1, 2, 3, 0, 0, 4, 0, 9, 8, 7, 0, 0, 1, 0};
static const int16_t expected[] = {2, -1};
const tm_app_data tm_app = {
    .labels = 3, .label = labels, .samples = 2, .sample_bytes = 7,
    .sample = samples, .expected = expected};
"""
