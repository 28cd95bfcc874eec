# SPDX-License-Identifier: Apache-2.0
"""A command that trains again and again, and begins anew before it fills the memory.

TensorFlow never gives back the graph of a training that Keras compiled: a dozen megabytes of a small model.
What is kept elsewhere, as in the storage of a study, goes on in a new process by the same command.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

from toolkit import ui

MOST_VARIABLE = "TINYML_MOST_GROWTH_MB"
_MOST_MB = 3000
_BEGUN_VARIABLE = "TINYML_BEGUN"


class GrownError(Exception):
    """This process has grown too large: what it was doing is to go on in a new one."""


class Growth:
    """How much this process has grown since this was made; on Windows nobody says it."""

    def __init__(self) -> None:
        self._before = _bytes()
        self._most = int(os.environ.get(MOST_VARIABLE, _MOST_MB)) << 20

    def require_room(self) -> None:
        """Raise GrownError if it is too much."""
        grown = _bytes() - self._before
        if grown > self._most:
            raise GrownError(f"this process has grown by {grown >> 20:,} MB")


class Beginning:
    """When a command began, in whatever process; made when it does."""

    def __init__(self) -> None:
        self._begun = float(os.environ.pop(_BEGUN_VARIABLE, time.time()))

    def left(self, seconds: float | None) -> float | None:
        """Return what is left of so many seconds; None if they have no end."""
        return None if seconds is None else max(0.0, self._begun + seconds - time.time())

    def anew(self, why: GrownError) -> NoReturn:
        """Run the command again, in place of this process."""
        ui.note(f"{why}, which TensorFlow does not give back: the same goes on in a new one")
        sys.stdout.flush()
        sys.stderr.flush()
        os.environ[_BEGUN_VARIABLE] = str(self._begun)
        words = [sys.executable, *sys.orig_argv[1:]]
        if os.name == "nt":  # its exec ends the command for the shell that waits
            sys.exit(subprocess.call(words))
        os.execv(sys.executable, words)


def _bytes() -> int:
    """Return how much memory this process has, 0 where nobody says it.

    The most that it ever had is no measure: a process that takes its place inherits that.
    """
    with contextlib.suppress(OSError, ValueError):
        if sys.platform == "linux":
            pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
            return int(pages) * os.sysconf("SC_PAGE_SIZE")
        if sys.platform == "darwin":
            words = ["ps", "-o", "rss=", "-p", str(os.getpid())]
            return int(subprocess.run(words, capture_output=True, timeout=10, check=False).stdout) << 10
    return 0
