# SPDX-License-Identifier: Apache-2.0
"""One step of a project in a process of its own, as the live page starts it.

`python -m toolkit.live.steps_worker FOLDER STEP BOARD [--skip-broken]` makes what is out of date up to
that step, as the command of the same name does, and writes a line of JSON to stdout for all that it has to
say.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from toolkit.errors import TinymlError
from toolkit.extras import settle_tensorflow
from toolkit.live.telling import end_in_order, tell
from toolkit.models import Shape, model_label
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import load_project
from toolkit.report.diagnosis import diagnosis_lines
from toolkit.report.text import quantization_lines
from toolkit.sizing.measure import measure_project
from toolkit.targets.board import Board
from toolkit.targets.cores import find_core
from toolkit.timing.model import latency_error
from toolkit.timing.text import digits
from toolkit.ui import OnProgress

STEPS = ("data", "train", "quantize", "compile", "build", "report")
_LEAST_S = 0.1


@contextmanager
def _progress(title: str, *, at_most: bool = False) -> Iterator[OnProgress]:
    told_at = 0.0
    tell("line", text=title)

    def hear(done: float, total: int, text: str = "") -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _LEAST_S:
            told_at = time.monotonic()
            tell("progress", title=title, done=done, total=total, text=text)

    yield hear


def _tell_curves(label: str, curves: Mapping[str, Sequence[float]]) -> None:
    tell("curves", text="", label=label, curves={name: list(values) for name, values in curves.items()})


def _train(pipeline: Pipeline) -> None:
    pipeline.train(on_curves=_tell_curves)
    _tell_lines(diagnosis_lines(pipeline.read_json("history.json")))


def _quantize(pipeline: Pipeline) -> None:
    pipeline.quantize()
    _tell_lines(quantization_lines(pipeline.read_json("quantization.json")))


def _tell_lines(lines: Iterable[str]) -> None:
    for line in lines:
        tell("line", text=line)


def _tell_cost(pipeline: Pipeline, board: Board) -> None:
    """Say what the project's model takes of board, by its layers alone."""
    shape = Shape.of(pipeline.dataset())
    found = measure_project(pipeline.project, shape, board, is_timed=True)
    fit, time = found.fit, found.time
    ms = time.latency_ms if time else None
    cost = {
        "board": board.name,
        "model": model_label(pipeline.project, pipeline.project.model),
        "flash": [fit.flash_bytes, fit.flash_limit_bytes],
        "ram": [fit.ram_bytes, fit.ram_limit_bytes],
        "ms": ms,
        "error": latency_error(find_core(board.core).timing, board.flash_timing),
        "fits": fit.fits,
        "macs": found.macs,
        "parameters": found.parameters,
    }
    sizes = f"RAM {fit.ram_bytes:,} B, flash {fit.flash_bytes:,} B"
    time_text = f", {digits(ms)} ms" if ms is not None else ""
    tell("cost", text=f"{cost['model']} on {board.name}: {sizes}{time_text}", cost=cost)


def main(folder: str, step: str, board: str, *more: str) -> int:
    """Run the step; return the exit code of its command."""
    end_in_order()
    settle_tensorflow()
    try:
        project = load_project(Path(folder))
        pipeline = Pipeline(
            project,
            on_step=lambda text: tell("line", text=text),
            progress=_progress,
            skip_broken="--skip-broken" in more,
        )
        pipeline.context = replace(pipeline.context, on_curves=_tell_curves)  # also where a later step trains
        chosen = pipeline.one_board(board)
        steps: dict[str, Callable[[], object]] = {
            "data": pipeline.data,
            "train": lambda: _train(pipeline),
            "cost": lambda: _tell_cost(pipeline, chosen),
            "quantize": lambda: _quantize(pipeline),
            "compile": lambda: pipeline.compile(chosen),
            "build": lambda: pipeline.build(chosen),
            "report": pipeline.report,
        }
        steps[step]()
    except TinymlError as error:
        tell("error", text=error.message, hint=error.hint)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
