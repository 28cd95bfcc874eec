# SPDX-License-Identifier: Apache-2.0
"""The firmware that records: no model, the sensors of a board, and memory for what they sense."""

from __future__ import annotations

from pathlib import Path

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import InputError
from toolkit.firmware.application import Application
from toolkit.firmware.bmi270 import ChipConfig, has_chip, left_out
from toolkit.firmware.build import Firmware, OnLine, build_firmware
from toolkit.firmware.render import render_project
from toolkit.ir.graph import Graph
from toolkit.memory.plan import MemoryPlan
from toolkit.targets.board import Board
from toolkit.targets.target import target_of

NAME = "recorder"
"""How its folder and messages call it."""
ENGINE = "none"
"""What it says of itself to tm info: no engine runs a model."""
_OF_RAM = 2
"""A half of RAM is for rows that were not fetched yet; stack, rings of drivers and the rest take little."""


def build_recorder(
    board: Board,
    folder: Path,
    *,
    bmi270: ChipConfig | None = None,
    on_line: OnLine | None = None,
    on_word: OnLine | None = None,
) -> Firmware:
    """Build it: its project in folder/firmware, the images in folder.

    bmi270 is the configuration of that chip; on_word hears it if the board has the chip and there is none.
    Raises InputError for a board without sensors, and as build_firmware() does.
    """
    if not board.sensors or board.memory is None:
        raise InputError(
            f"{board.name} has no sensors that the toolkit reads.",
            hint="See: docs/sensors.md: what each board has",
        )
    if has_chip(board) and bmi270 is None and on_word:
        on_word(left_out(board))
    application = Application(recorder_bytes=board.memory.ram.bytes // _OF_RAM // 4 * 4, bmi270=bmi270)
    project = render_project(no_model(board), board, application, folder / "firmware", on_word=on_word)
    return build_firmware(project, on_line=on_line, on_word=on_word)


def no_model(board: Board) -> CompiledModel:
    """Return what stands for the model in a firmware that has none."""
    return CompiledModel(
        name=NAME,
        sha256="",
        graph=Graph(NAME, (), (), (), ()),
        plan=MemoryPlan((), 0, 0),
        calls=(),
        sources={},
        kernels=(),
        weights_bytes=0,
        arena_bytes=0,
        target=target_of(board),
    )
