# SPDX-License-Identifier: Apache-2.0
"""Processes that stay: one in which TensorFlow is loaded once it is needed, one for TFLM's interpreter.

A bad model may end its process, and TensorFlow takes seconds and hundreds of megabytes to load.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, TypeVar

from toolkit.errors import InputError
from toolkit.predict.answer import Real
from toolkit.predict.model_file import ModelFile, open_model
from toolkit.predict.outputs import Computed

_TIMEOUT_S = 120.0

Result = TypeVar("Result")


def _stay_with_the_server() -> None:
    """Ctrl-C is for the server, which then ends this process; without the server it ends itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_after_parent, daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Ctrl-C comes to the whole group, but not to what is started here, from its first moment."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # it would let Ctrl-C through again when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Helper:
    """One process, started when it is first asked and again after it died."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def pool(self) -> ProcessPoolExecutor:
        """The executor, its process started. Raises InputError after close()."""
        with self._lock:
            if self._is_closed:
                raise InputError("the page is closed.", hint="Try: tinyml live")
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                pool = ProcessPoolExecutor(1, context, initializer=_stay_with_the_server)
                with _ctrl_c_held_back():
                    pool.submit(int)  # the first task starts the process, in this thread
                self._pool = pool
            return self._pool

    def drop(self) -> None:
        """End the process, whatever it does; who waits for it gets BrokenExecutor."""
        with self._lock:
            pool, self._pool = self._pool, None
        for process in list((pool._processes or {}).values()) if pool else ():
            process.kill()

    def close(self) -> None:
        """End the process for good."""
        with self._lock:
            self._is_closed = True
        self.drop()


def ask_float(helper: Helper, path: Path, real: Real) -> Computed:
    """Return what a float model's file gives for real (n, ...), as `tinyml predict` computes it.

    Raises ToolMissingError without TensorFlow, InputError if its process does not survive.
    """
    return run_apart(helper, _run, str(path), path.stat().st_mtime_ns, real)


def run_apart(helper: Helper, function: Callable[..., Result], *words: Any) -> Result:
    """Return what a function computes in a helper's process; what it raises is raised here.

    Raises InputError if that process does not survive.
    """
    try:
        return helper.pool.submit(function, *words).result(_TIMEOUT_S)
    except BrokenExecutor as error:
        helper.drop()
        raise InputError("the process that computes with TensorFlow ended.", hint="Try: once more") from error


def _run(path: str, changed: int, real: Real) -> Computed:
    return _opened(path, changed).run(real, "float", "")


@lru_cache(maxsize=2)
def _opened(path: str, changed: int) -> ModelFile:
    return open_model(Path(path))
