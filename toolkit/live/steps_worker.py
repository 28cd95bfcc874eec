# SPDX-License-Identifier: Apache-2.0
"""One step of a project in a process of its own, as the live page starts it.

`python -m toolkit.live.steps_worker FOLDER STEP BOARD` makes what is out of date up to that step, as the
command of the same name does, and writes a line of JSON to stdout for all that it has to say.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from toolkit.errors import TinymlError
from toolkit.extras import settle_tensorflow
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import load_project
from toolkit.ui import OnProgress

STEPS = ("data", "train", "quantize", "compile", "build", "report")
_LEAST_S = 0.1


def _tell(kind: str, **about: object) -> None:
    sys.stdout.write(json.dumps({"kind": kind, **about}) + "\n")
    sys.stdout.flush()


@contextmanager
def _progress(title: str, *, at_most: bool = False) -> Iterator[OnProgress]:
    told_at = 0.0
    _tell("line", text=title)

    def hear(done: float, total: int, text: str = "") -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _LEAST_S:
            told_at = time.monotonic()
            _tell("progress", title=title, done=done, total=total, text=text)

    yield hear


def main(folder: str, step: str, board: str) -> int:
    """Run the step; return the exit code of its command."""
    settle_tensorflow()
    try:
        project = load_project(Path(folder))
        pipeline = Pipeline(project, on_step=lambda text: _tell("line", text=text), progress=_progress)
        chosen = pipeline.one_board(board)
        steps: dict[str, Callable[[], object]] = {
            "data": pipeline.data,
            "train": pipeline.train,
            "quantize": pipeline.quantize,
            "compile": lambda: pipeline.compile(chosen),
            "build": lambda: pipeline.build(chosen),
            "report": pipeline.report,
        }
        steps[step]()
    except TinymlError as error:
        _tell("error", text=error.message, hint=error.hint)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
