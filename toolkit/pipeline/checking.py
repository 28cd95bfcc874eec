# SPDX-License-Identifier: Apache-2.0
"""Checking a project's firmware on its own test samples."""

from __future__ import annotations

from toolkit.errors import UsageError
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


def check_project(pipeline: Pipeline, board: Board, place: Place, samples: int | None = None) -> Verdict:
    """Check the firmware on the first samples of the test split, or all; write the verdict.

    Raises DeviceError if the firmware cannot be asked; a wrong byte is in the verdict.
    """
    place.require_possible(board)
    require_protocol(pipeline.project)
    board = place.board_of(board)
    firmware, compiled = pipeline.build(board), pipeline.built_model(board)
    dataset, model = pipeline.dataset(), pipeline.context.model()
    inputs = quantize_test_samples(compiled, dataset)[:samples]
    labelled = Samples(inputs, dataset.task, dataset.test.y[:samples], pipeline.threshold())
    how = "" if compiled.hop is None else ", hop by hop, one after the other"
    title = f"check {board.name}: {len(inputs)} samples {_WHERE[place.name(board)]}{how}"
    with pipeline.progress(title) as on_progress:
        checked = check_firmware(firmware, compiled, model, labelled, place, on_progress)
    write_check(checked, board_folder(pipeline.for_board(board)))
    return checked.verdict


def require_protocol(project: Project) -> None:
    """Raise UsageError for a project whose firmware answers no command."""
    if not project.firmware.protocol:
        raise UsageError(
            "there is nothing to check against: with protocol = false, in the section [firmware], the "
            "firmware answers no command.",
            hint="Try: protocol = true for the check; the model's C is the same",
        )
