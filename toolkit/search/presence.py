# SPDX-License-Identifier: Apache-2.0
"""Which processes of this computer are there: each holds a lock that the system lets go when it dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from toolkit.files import write_error

_LOOK_AGAIN_S = 0.01


@contextmanager
def present(path: Path) -> Iterator[None]:
    """Hold the lock file path until the block ends, and remove it then. Raises InputError if it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("w", encoding="utf-8")
    except OSError as error:
        raise write_error(path, error) from error
    with stream:
        while not _lock(stream):  # somebody looks whether it is held
            time.sleep(_LOOK_AGAIN_S)
        yield
        if os.name != "nt":
            path.unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def is_present(path: Path) -> bool:
    """Return whether a process holds the lock file path; a file that is not there nobody holds."""
    try:
        with path.open("r+", encoding="utf-8") as stream:
            return not _lock(stream)
    except OSError:
        return False


def _lock(stream: IO[str]) -> bool:
    """Lock a stream until it is closed; return whether nobody else had."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    else:
        import msvcrt

        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
    return True
