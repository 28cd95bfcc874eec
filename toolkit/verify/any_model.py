# SPDX-License-Identifier: Apache-2.0
"""Any int8 .tflite, with no project: compile, build, run, compare."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.compiler.costs import optimization_for
from toolkit.compiler.files import read_model
from toolkit.errors import TinymlError
from toolkit.files import write_atomic
from toolkit.firmware import Application, Firmware, build_to_fit
from toolkit.firmware.engine import AHEAD_OF_TIME, EngineChoice
from toolkit.project.goals import Goal
from toolkit.reference.oracle import Rows
from toolkit.targets.board import Board, load_board
from toolkit.targets.target import target_of
from toolkit.tflite.reader import read_graph
from toolkit.ui import OnProgress
from toolkit.verify.generated_c import random_rows
from toolkit.verify.on_device import Checked, Place, Samples, check_firmware
from toolkit.verify.rows import LoadedRows, load_rows

_FIRST_RANDOM = 2
_COMPILE_IT = "Try: tinyml compile MODEL --output c_code, which keeps the C"


@dataclass(frozen=True, eq=False)
class Trial:
    """What came of running a model: the firmware that was built and the check of its outputs.

    note is what a person should know of how the inputs were read.
    """

    compiled: CompiledModel
    firmware: Firmware
    checked: Checked
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the figures. Bytes are of the firmware for the board; cycles as the runner counts them.

        flash_beyond_weights_bytes is the model's and its kernels' code and tables; flash_bytes and
        ram_bytes are the whole image. For the board host the model's part of flash is not known: None.
        """
        verdict = self.checked.verdict
        sizes = self.firmware.sizes
        beyond = sizes.model_flash_bytes - sizes.weights_bytes if verdict.model_flash_bytes else None
        word = "equal" if verdict.passed else "different"
        return {**verdict.to_json(), "flash_beyond_weights_bytes": beyond, "verdict": word}

    def outputs(self) -> Rows:
        """Return the outputs that came, int8 (n, output bytes)."""
        joined = np.frombuffer(b"".join(self.checked.outputs), np.int8)
        return joined.reshape(len(self.checked.outputs), -1)


def try_model(
    model: Path,
    inputs: Path | None,
    board: str,
    place: Place,
    on_progress: OnProgress | None = None,
    *,
    is_stream: bool = False,
    ram_bytes: int | None = None,
    goal: Goal = "balanced",
    engine: EngineChoice = AHEAD_OF_TIME,
    hop: int | None = None,
) -> Trial:
    """Build firmware for model in a temporary folder, feed it the rows of inputs, compare.

    inputs is a .npy or .npz, as load_rows() takes it, None for a random row. is_stream says that its rows
    are one sequence. ram_bytes is the most that the arena may take, by default what the board has;
    goal is what kernels are chosen for; hop is that of a window which slides, where each row is a window.
    Raises InputError for files that do not fit together.
    """
    place.require_possible(load_board(board))
    chosen = place.board_of(load_board(board))
    data = read_model(model)
    optimization = optimization_for(model, data, target_of(chosen), goal)
    compiled = compile_model(
        data, model.stem, target_of(chosen), ram_bytes, optimization=optimization, hop=hop
    )
    graph = read_graph(data, model.stem)
    loaded = load_rows(inputs, graph) if inputs else LoadedRows(random_rows(graph, _FIRST_RANDOM + 1)[-1:])
    samples = Samples(loaded.rows, is_stream=is_stream)
    trial = try_samples(compiled, data, samples, chosen, place, on_progress, engine)
    return replace(trial, note=loaded.note)


def try_samples(
    compiled: CompiledModel,
    data: bytes,
    samples: Samples,
    board: Board,
    place: Place,
    on_progress: OnProgress | None = None,
    engine: EngineChoice = AHEAD_OF_TIME,
) -> Trial:
    """Build firmware for a model in a temporary folder, feed it samples, compare.

    data are the bytes of the .tflite that compiled came from.
    """
    with tempfile.TemporaryDirectory(prefix="tinyml-run-") as folder, naming_no_file_of(folder):
        project = Path(folder) / "firmware"
        tflm = engine.for_model(compiled, data)
        compiled, firmware = build_to_fit(compiled, data, board, Application(), project, tflm=tflm)
        checked = check_firmware(firmware, compiled, data, samples, place, on_progress)
    return Trial(compiled, firmware, checked)


@contextmanager
def naming_no_file_of(folder: str) -> Iterator[None]:
    """Let no error's hint lead to a temporary folder, which is gone when the hint is read."""
    try:
        yield
    except TinymlError as error:
        if error.hint and folder in error.hint:
            error.hint = _COMPILE_IT
        raise


def save_rows(rows: NDArray[Any], path: Path) -> None:
    """Write rows as a .npy file."""
    stream = io.BytesIO()
    np.save(stream, rows, allow_pickle=False)
    write_atomic(path, stream.getvalue())
