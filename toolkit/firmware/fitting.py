# SPDX-License-Identifier: Apache-2.0
"""A firmware that fits its board's RAM: if it does not as it is, with some layers in patches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.errors import DoesNotFitError
from toolkit.firmware.application import Application
from toolkit.firmware.build import Firmware, OnLine, build_firmware
from toolkit.firmware.render import render_project
from toolkit.firmware.tflm import Tflm
from toolkit.firmware.tflm_arena import can_find_least, least_on_board
from toolkit.targets.board import Board

_ALIGNMENT = 16


def build_to_fit(
    compiled: CompiledModel,
    model: bytes,
    board: Board,
    application: Application,
    folder: Path,
    *,
    on_line: OnLine | None = None,
    on_patches: Callable[[CompiledModel], None] | None = None,
    on_word: Callable[[str], None] | None = None,
    tflm: Tflm | None = None,
) -> tuple[CompiledModel, Firmware]:
    """Render and build the project in folder; return what was built, which is compiled where that fits.

    model is the .tflite that compiled came from. Where only RAM is short, the firmware keeps no copy of
    its input (unless it is for a benchmark, whose runner needs that copy); if that is not enough, the model
    is compiled again in patches, for what is left of RAM: on_patches hears of it, and on_word of a person's
    edits that are generated over and of the compiler's warnings. With tflm TensorFlow Lite Micro runs the
    model, which has no patches; where the board can be emulated, its arena is made as small as it may be.
    Raises as build_firmware() does.
    """

    def build(
        chosen: CompiledModel, *, keeps_input: bool, engine: Tflm | None = tflm
    ) -> tuple[CompiledModel, Firmware]:
        project = render_project(
            chosen, board, application, folder, tflm=engine, on_word=on_word, keeps_input=keeps_input
        )
        return chosen, build_firmware(project, on_line=on_line, on_word=on_word)

    keeps_input = application.benchmark is not None
    least = tflm
    if tflm is not None and tflm.is_ample and can_find_least(board):
        least = _least_engine(
            tflm, board, lambda engine: build(compiled, keeps_input=keeps_input, engine=engine)[1]
        )
    try:
        return build(compiled, keeps_input=True, engine=least)
    except DoesNotFitError as error:
        _ram_short(error)
    try:
        return build(compiled, keeps_input=keeps_input, engine=least)
    except DoesNotFitError as error:
        if tflm is not None:
            raise
        patched = _patched(compiled, model, error)
    if on_patches is not None:
        on_patches(patched)
    return build(patched, keeps_input=keeps_input)


def _least_engine(tflm: Tflm, board: Board, build: Callable[[Tflm], Firmware]) -> Tflm:
    """Return tflm with the least arena; where RAM has no room for the ample one, of what there is."""
    try:
        firmware = build(tflm)
    except DoesNotFitError as error:
        short = -(-_ram_short(error) // _ALIGNMENT) * _ALIGNMENT
        if short >= tflm.arena_bytes:
            raise
        tflm = replace(tflm, arena_bytes=tflm.arena_bytes - short)
        firmware = build(tflm)
    return replace(tflm, arena_bytes=least_on_board(firmware.elf, board, tflm.arena_bytes), is_ample=False)


def _ram_short(error: DoesNotFitError) -> int:
    """Return how many bytes of RAM are missing. Raises error if it is not RAM alone that is short."""
    ram_short, flash_short = (error.facts.get(f"{name}_short_bytes", 0) for name in ("ram", "flash"))
    if not isinstance(ram_short, int) or ram_short <= 0 or flash_short:
        raise error
    return ram_short


def _patched(compiled: CompiledModel, model: bytes, error: DoesNotFitError) -> CompiledModel:
    """Return the model in as many bytes less as RAM is short. Raises error, with what it would take."""
    room = max(compiled.arena_bytes - _ram_short(error), 0)
    if error.facts.get("own_is_too_large"):
        raise error
    try:
        return compile_model(
            model,
            compiled.name,
            compiled.target,
            room,
            compiled.about,
            optimization=compiled.optimization,
            hop=compiled.hop,
        )
    except DoesNotFitError as least:
        raise DoesNotFitError(
            f"{error.message} Its arena may have {room:,} bytes there; with layers in patches it needs "
            f"{least.facts['least_arena_bytes']:,} at the least that was found.",
            hint=error.hint,
            facts={**error.facts, **least.facts},
        ) from error
