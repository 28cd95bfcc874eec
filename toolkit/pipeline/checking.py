# SPDX-License-Identifier: Apache-2.0
"""Checking a project's firmware on its own test samples."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.compiler.compile import CompiledModel
from toolkit.errors import UsageError
from toolkit.firmware import Firmware
from toolkit.pipeline.build import board_folder, quantize_test_samples
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import Project
from toolkit.targets.board import Board
from toolkit.verify.on_device import Place, Samples, check_firmware, write_check
from toolkit.verify.verdict import Verdict

_WHERE = {
    "emulator": "on the emulator",
    "host": "on the host",
    "qemu": "in QEMU",
    "renode": "in Renode",
    "serial": "on the serial",
}


@dataclass(frozen=True, eq=False)
class Prepared:
    """A project's firmware, the model that it was compiled of, the .tflite file, and the test samples."""

    firmware: Firmware
    compiled: CompiledModel
    model: bytes
    samples: Samples


def check_project(pipeline: Pipeline, board: Board, place: Place, samples: int | None = None) -> Verdict:
    """Check the firmware on the first samples of the test split, or all; write the verdict.

    Raises DeviceError if the firmware cannot be asked; a wrong byte is in the verdict.
    """
    place.require_possible(board)
    board = place.board_of(board)
    made = prepare_check(pipeline, board, samples)
    how = "" if made.compiled.hop is None else ", hop by hop, one after the other"
    title = f"check {board.name}: {len(made.samples.inputs)} samples {_WHERE[place.name(board)]}{how}"
    with pipeline.progress(title) as on_progress:
        checked = check_firmware(made.firmware, made.compiled, made.model, made.samples, place, on_progress)
    write_check(checked, board_folder(pipeline.for_board(board)))
    return checked.verdict


def prepare_check(pipeline: Pipeline, board: Board, samples: int | None = None) -> Prepared:
    """Build a project's firmware for a board, and return it with what it is checked on."""
    require_protocol(pipeline.project)
    firmware, compiled = pipeline.build(board), pipeline.built_model(board)
    dataset, model = pipeline.dataset(), pipeline.context.model()
    inputs = quantize_test_samples(compiled, dataset)[:samples]
    labelled = Samples(inputs, dataset.task, dataset.test.y[:samples], pipeline.threshold())
    return Prepared(firmware, compiled, model, labelled)


def require_protocol(project: Project) -> None:
    """Raise UsageError for a project whose firmware answers no command."""
    if not project.firmware.protocol:
        raise UsageError(
            "there is nothing to check against: with protocol = false, in the section [firmware], the "
            "firmware answers no command.",
            hint="Try: protocol = true for the check; the model's C is the same",
        )
