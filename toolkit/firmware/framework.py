# SPDX-License-Identifier: Apache-2.0
"""Firmware on a vendor's framework, built by PlatformIO's public platforms: its project, and running pio.

The runtime, kernels and model are the same as without; the port is ports/arduino, above Serial and micros().
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from toolkit import paths, process
from toolkit.codegen.templates import render
from toolkit.compiler.compile import CompiledModel
from toolkit.errors import CompileError, TinymlError, ToolMissingError, UnsupportedError
from toolkit.firmware.application import Application
from toolkit.firmware.platformio import environment
from toolkit.firmware.render import FirmwareProject, render_project
from toolkit.firmware.tflm import Files
from toolkit.targets.board import Board, PlatformIO

FRAMEWORKS = ("arduino",)
_TIMEOUT_S = 3600.0
_BAUD = 115200
_NEVER_CAME = re.compile(
    r"InternetConnectionError|HTTPClientError|UnknownPackageError|PackageException|VCSBaseException"
    r"|Could not (find|install)|Could not resolve host|Failed to (connect|establish)|Max retries exceeded"
)
_OTHER_CORE = re.compile(r"IncompatiblePlatform|is not compatible with PlatformIO Core")
_MISTAKE = re.compile(
    r"^\S.*:\d+:(\d+:)? (fatal )?error: |undefined reference|multiple definition|overflowed by"
)


def render_framework(
    model: CompiledModel, board: Board, application: Application, folder: Path, templates: Path | None = None
) -> FirmwareProject:
    """Write the project for framework = arduino into folder, as render_project does.

    Raises UnsupportedError for a board that has no such framework at PlatformIO.
    """
    known = require_framework(board)
    root = templates or paths.templates()

    def adapt(files: Files) -> Files:
        kept = {name: content for name, content in files.items() if not _is_bare(name)}
        port = root / "ports" / "arduino"
        names = "*.*" if application.recorder_bytes else "port.cpp"  # the rest is the board's sensors
        kept |= {f"src/port/{path.name}": path.read_bytes() for path in sorted(port.glob(names))}
        config = str(kept["include/board_config.h"])
        main = f"#define TM_MAIN tm_firmware_main\n#define TM_SERIAL_BAUD {_BAUD}u\n"
        kept["include/board_config.h"] = config.replace("\n#endif", f"\n{main}\n#endif", 1)
        kept["platformio.ini"] = _ini(board, known, model.optimization.flag, kept)
        return kept

    project = render_project(model, board, application, folder, templates, adapt=adapt)
    return replace(project, engine="aot")


def require_framework(board: Board, framework: str = "arduino") -> PlatformIO:
    """Return what PlatformIO calls the board. Raises UnsupportedError if it has no such framework."""
    if board.platformio is None or framework not in board.platformio.frameworks:
        raise UnsupportedError(
            f"{board.name} has no framework {framework} at PlatformIO.",
            hint="Try: without --framework; or a board whose frameworks `tinyml boards NAME` shows",
        )
    return board.platformio


def build_framework(project: FirmwareProject, on_line: Callable[[str], None] | None = None) -> Path:
    """Run pio in the project; return the ELF.

    Raises ToolMissingError where PlatformIO's registry cannot be reached or its platform is for another
    PlatformIO, CompileError with the compiler's first words.
    """
    command = [sys.executable, "-m", "platformio", "run", "-d", str(project.folder.absolute())]
    done = process.run(
        command,
        timeout_s=_TIMEOUT_S,
        env=environment(),
        cwd=project.folder,
        on_line=on_line,
        ends_with_us=True,
    )
    elf = project.folder / ".pio" / "build" / project.board.name / "firmware.elf"
    if done.exit_code != 0:
        raise _failure(project.board, done.output)
    if not elf.is_file():
        raise CompileError(f"PlatformIO left no firmware.elf for {project.board.name}.")
    return elf


def _is_bare(name: str) -> bool:
    """What belongs to the board without a framework: its port, memory, and our platform."""
    return name == "memory.ld" or name.startswith(("src/port/", "platforms/"))


def _ini(board: Board, known: PlatformIO, optimize: str, names: Iterable[str]) -> str:
    folders = {str(PurePosixPath(name).parent) for name in names if name.endswith(".h")}
    context = {
        "board": board.name,
        "platform": known.platform,
        "id": known.board,
        "baud": _BAUD,
        "optimize": optimize,
        "include_dirs": sorted(folders - {"include"}),
    }
    return render("platformio_arduino.ini.j2", context)


def _failure(board: Board, output: str) -> TinymlError:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    platform = board.platformio.platform if board.platformio else ""
    if _OTHER_CORE.search(output):
        return ToolMissingError(
            f"PlatformIO's platform {platform} is for another version of PlatformIO than the one installed.",
            hint=f"Try: without --framework, which {board.name} needs no platform for",
        )
    if _NEVER_CAME.search(output):
        return ToolMissingError(
            f"PlatformIO cannot get {platform}, the platform of {board.name}: its registry is not reached.",
            hint="Try: with a network, once; PlatformIO keeps what came. Without --framework none is needed. "
            "On another computer: `pio run` in the project's folder",
        )
    mistakes = [line for line in lines if _MISTAKE.search(line)] or lines
    return CompileError(
        f"the firmware for {board.name} on arduino does not compile:\n"
        + "\n".join(f"  {line}" for line in mistakes[-5:])
    )
