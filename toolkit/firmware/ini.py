# SPDX-License-Identifier: Apache-2.0
"""What platformio.ini says of a board: how to build, how to flash, how fast its line is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from toolkit.targets.board import Board, Upload
from toolkit.targets.cores import Tools, find_core


@dataclass(frozen=True)
class Ini:
    """The context of platformio.ini.j2.

    baud is that of the firmware's line, None without one. methods are the names of the ways to flash;
    programs those that are no more than a program that runs, with its command.
    """

    board: str
    core: str
    tools: Tools
    optimize: str
    baud: int | None
    methods: tuple[str, ...]
    programs: tuple[tuple[str, str], ...]


def ini_of(board: Board, optimize: str) -> Ini:
    """Return the context for a board; optimize is the compiler's flag."""
    return Ini(
        board=board.name,
        core=board.core,
        tools=find_core(board.core).tools,
        optimize=optimize,
        baud=board.uart.baud if board.uart else None,
        methods=tuple(upload.tool for upload in board.upload),
        programs=tuple((u.tool, shlex.join(u.command)) for u in board.upload if _runs_alone(u)),
    )


def _runs_alone(upload: Upload) -> bool:
    """Whether the command alone does it: no port to find, no bootloader to start, nothing to prepare."""
    needs_port = upload.touch_1200 or any("{port}" in word for word in upload.command)
    return bool(upload.command) and not needs_port and not upload.prepare
