# SPDX-License-Identifier: Apache-2.0
"""A project's firmware on a vendor's framework: <board>_arduino/, beside the one without."""

from __future__ import annotations

from pathlib import Path

from toolkit.errors import UsageError
from toolkit.files import write_atomic
from toolkit.firmware.framework import build_framework, render_framework, require_framework
from toolkit.pipeline.build import application_of
from toolkit.pipeline.compile import compiled_model
from toolkit.pipeline.step import Context

_ENDINGS = ("elf", "bin", "hex")


def framework_firmware(context: Context, framework: str) -> Path:
    """Render and build the firmware of a compiled model; return its .elf, beside which others stand.

    Raises UsageError for the engine tflm, else as render_framework() and build_framework() do.
    """
    board = context.board
    if context.project.firmware.engine != "aot":
        raise UsageError('--framework is for engine = "aot".', hint="Try: --engine aot")
    require_framework(board, framework)
    folder, compiled = context.folder / f"{board.name}_{framework}", compiled_model(context)
    application = application_of(context, compiled)
    project = render_framework(compiled, board, application, folder / "firmware")
    with context.progress(f"build {board.name}: PlatformIO, {framework}") as on_progress:
        elf = build_framework(project, lambda line: on_progress(0, 0, line))
    for ending in _ENDINGS:
        built = elf.with_suffix(f".{ending}")
        if built.is_file():
            write_atomic(folder / built.name, built.read_bytes())
    return folder / "firmware.elf"
