# SPDX-License-Identifier: Apache-2.0
"""Whether a project's model can fit its board, before it is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from toolkit.codegen.model_stream import hop_of
from toolkit.compiler.compile import compile_model
from toolkit.compiler.purpose import purpose_of
from toolkit.data import takes_of
from toolkit.data.dataset import Dataset
from toolkit.errors import DoesNotFitError, InputError
from toolkit.inspection.board_fit import BoardFit
from toolkit.models import Shape, build_model, model_label, settle
from toolkit.project.config import Project
from toolkit.quantization import quantize_model
from toolkit.sizing.alternatives import smaller_models
from toolkit.sizing.limits import least_on, most_on
from toolkit.sizing.measure import measure_project
from toolkit.targets.board import Board
from toolkit.tflite.reader import read_graph
from toolkit.ui import Progress

_BY_FAR = 2
_SAMPLES = 8


def require_convertible(project: Project, dataset: Dataset, board: Board, progress: Progress) -> None:
    """Raise InputError if a model of the user's cannot become integers, before it is trained for nothing.

    Each is converted untrained, with a few samples of the training split. The families are known to convert.
    Raises DoesNotFitError as require_possible for the project's model.
    """
    samples = dataset.train.x[np.arange(min(_SAMPLES, len(dataset.train)))]
    for choice in (project.model, *project.model.compare):
        if choice.python:
            model = build_model(project, choice, Shape.of(dataset))
            if choice is project.model:
                require_possible(project, Shape.of(dataset), [board], model, progress)
            settle(model, samples)
            quantize_model(model, samples, project.quantization.integers)


def require_streamable(project: Project, dataset: Dataset) -> None:
    """Raise UnsupportedError if the project's model is to go hop by hop and cannot, before it is trained.

    It is compiled untrained: whether it can does not depend on the weights. Raises InputError as feed_of.
    """
    if not project.firmware.stream:
        return
    samples = dataset.train.x[np.arange(min(_SAMPLES, len(dataset.train)))]
    model = build_model(project, project.model, Shape.of(dataset))
    settle(model, samples)
    data = quantize_model(model, samples, project.quantization.integers)
    compile_model(data, project.name, hop=untrained_hop(project, dataset, data), keeps_channels=True)


def untrained_hop(project: Project, dataset: Dataset, data: bytes) -> int | None:
    """Return the new rows of a run of the .tflite data, an untrained model, where the project's goes hop by
    hop; None where it takes whole windows. Raises InputError as feed_of.
    """
    if not project.firmware.stream:
        return None
    purpose = purpose_of(takes_of(project, dataset).to_json())
    return hop_of(read_graph(data, project.name), purpose, project.firmware.decision.hop)


def require_fit(
    project: Project, shape: Shape, board: Board, on_note: Callable[[str], None], progress: Progress
) -> None:
    """Raise DoesNotFitError if the project's model cannot fit board, with layers in patches neither.

    The error says by how much, and what would fit (smaller_models). What is sure to fit by a bound, or has
    weights for more than twice the board's flash, is not looked at closer; what can only be known of
    the trained model is told to on_note.
    """
    if board.memory is None:
        return
    model = build_model(project, project.model, shape)
    most = most_on(board, model, 2 if project.quantization.integers == "int16" else 1)
    if most is not None and most.fits:
        return
    require_possible(project, shape, [board], model, progress)
    on_note(f"fit: {model_label(project, project.model)} on {board.name}, quantized and compiled untrained")
    try:
        measured = measure_project(project, shape, board, model)
    except InputError as error:
        on_note(f"fit: not known before training: {error.message.splitlines()[0]}")
        return
    if not measured.fit.fits:
        raise _does_not_fit(project, shape, board, measured.fit, measured.to_json(), progress)


def require_possible(
    project: Project, shape: Shape, boards: Sequence[Board], model: Any, progress: Progress
) -> None:
    """Raise DoesNotFitError if the weights of the project's model need over twice the flash of each board.

    To quantize and compile such a model takes gigabytes of memory, and tells nothing more.
    """
    known = [(least_on(board, model), board) for board in boards if board.memory is not None]
    if not known or any(least.flash_bytes <= _BY_FAR * least.flash_limit_bytes for least, _ in known):
        return
    least, board = max(known, key=lambda each: each[0].flash_limit_bytes)
    facts = {"parameters": int(model.count_params()), "fit": asdict(least), "fits": False}
    raise _does_not_fit(project, shape, board, least, facts, progress, about="at least")


def _does_not_fit(
    project: Project,
    shape: Shape,
    board: Board,
    fit: BoardFit,
    facts: dict[str, Any],
    progress: Progress,
    *,
    about: str = "about",
) -> DoesNotFitError:
    smaller = smaller_models(project, shape, board, fit, progress)
    return DoesNotFitError(
        f"{model_label(project, project.model)} does not fit {board.name}: "
        f"{' and '.join(_shortages(fit, about))}.",
        hint=f"Try: {smaller}\nSee: tinyml models --board {board.name}",
        facts=facts,
    )


def _shortages(fit: BoardFit, about: str) -> Iterator[str]:
    for what, needed, there in (
        ("RAM", fit.ram_bytes, fit.ram_limit_bytes),
        ("flash", fit.flash_bytes, fit.flash_limit_bytes),
    ):
        if needed > there:
            yield f"{about} {needed:,} bytes of {what} where {there:,} are, {needed - there:,} too many"
