# SPDX-License-Identifier: Apache-2.0
"""Processes that stay: one in which TensorFlow is loaded once it is needed, one for TFLM's interpreter.

A bad model may end its process, and TensorFlow takes seconds and hundreds of megabytes to load.
"""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

from toolkit.errors import InputError
from toolkit.predict.answer import Real
from toolkit.predict.model_file import ModelFile, open_model
from toolkit.predict.outputs import Computed

_TIMEOUT_S = 120.0


def _ignore_ctrl_c() -> None:
    """Ctrl-C is for the server, which then ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


class Helper:
    """One process, started when it is first asked and again after it died."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    @property
    def pool(self) -> ProcessPoolExecutor:
        """The executor."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=_ignore_ctrl_c)
        return self._pool

    def drop(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None


def ask_float(helper: Helper, path: Path, real: Real) -> Computed:
    """Return what a float model's file gives for real (n, ...), as `tinyml predict` computes it.

    Raises ToolMissingError without TensorFlow, InputError if its process does not survive.
    """
    try:
        done = helper.pool.submit(_run, str(path), path.stat().st_mtime_ns, real)
        return done.result(_TIMEOUT_S)
    except BrokenExecutor as error:
        helper.drop()
        raise InputError(f"the process that computes {path.name} ended.", hint="Try: once more") from error


def _run(path: str, changed: int, real: Real) -> Computed:
    return _opened(path, changed).run(real, "float", "")


@lru_cache(maxsize=2)
def _opened(path: str, changed: int) -> ModelFile:
    return open_model(Path(path))
