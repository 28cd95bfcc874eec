# SPDX-License-Identifier: Apache-2.0
"""One tinyml on a port, and the second one says who has it.

The system's own lock of a file says whether somebody has the port: it ends with the process, however that
ends. What stands in the file says who.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import DeviceError
from toolkit.reading import parse_json

_guard = threading.Lock()
_held: dict[Path, int] = {}
_files: dict[Path, BinaryIO] = {}
_LOCKED_BYTE = 1 << 20
"""Behind what stands in the file: on Windows nobody else can read a byte that is locked."""
_MOST_BYTES = 4096
_MOST_NAME = 200
"""Characters of a command that are written and shown."""
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


class PortLock:
    """The right to a port. Whoever has it in this process may have it again; the last one lets go."""

    def __init__(self, port: str) -> None:
        """Take the port. Raises DeviceError with the command and process of another tinyml that has it."""
        self._file = _file_of(port)
        self._is_held = False
        with _guard:
            if not _held.get(self._file):
                opened = _taken(self._file, port)
                if opened is None:
                    return
                _files[self._file] = opened
            _held[self._file] = _held.get(self._file, 0) + 1
            self._is_held = True

    def release(self) -> None:
        """Let go; twice is fine."""
        with _guard:
            if not self._is_held:
                return
            self._is_held = False
            _held[self._file] -= 1
            if not _held[self._file]:
                _files.pop(self._file).close()


@contextlib.contextmanager
def holding(port: str) -> Iterator[None]:
    """Have a port while a program of somebody else's opens it; "" is no port."""
    lock = PortLock(port) if port else None
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _taken(file: Path, port: str) -> BinaryIO | None:
    """Return the locked file; None where there can be none, as without room for temporary files."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
    except OSError:
        return None
    stream = os.fdopen(descriptor, "r+b", buffering=0)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        stream.close()
        raise DeviceError(
            f"{file} is no regular file: it says which tinyml has {port}.", hint=f"Try: remove {file}"
        )
    if not _lock(stream):
        with stream:
            raise _in_use(port, stream.read(_MOST_BYTES))
    stream.truncate(0)
    stream.write(json.dumps({"process": os.getpid(), "command": _command()}).encode())
    return stream


def _in_use(port: str, said: bytes) -> DeviceError:
    holder = _holder(said)
    if holder is None:
        return DeviceError(f"{port} is in use by another tinyml.", hint="Try: end that one first")
    command, process = holder
    hint = f"Try: end it there with Ctrl-C, or: kill {process}"
    return DeviceError(f"{port} is in use by {command} (process {process}).", hint=hint)


def _holder(said: bytes) -> tuple[str, int] | None:
    """Return command and process of what has a port; None if the file says no such thing.

    1 and what is below it are no process of a person's: kill -1 would end them all.
    """
    try:
        found = parse_json(said)
        command, process = found["command"], found["process"]
    except (ValueError, KeyError, TypeError):
        return None
    if type(command) is not str or type(process) is not int or not 1 < process < 1 << 31:
        return None
    shown = "".join(letter if letter.isprintable() else "?" for letter in command[:_MOST_NAME])
    return shown, process


def _lock(stream: BinaryIO) -> bool:
    """Lock the file for this process, without waiting; return whether nobody else has."""
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            stream.seek(_LOCKED_BYTE)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    finally:
        stream.seek(0)
    return True


def real_name(port: str) -> str:
    """Return a port's own name: the file that its links lead to, or COM3 however that is written."""
    return port.upper() if port.upper().startswith("COM") else os.path.realpath(port)


def _file_of(port: str) -> Path:
    """Return the file that stands for a port, by whatever name: the same for every tinyml of this user."""
    name = real_name(port)
    short = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return _folder() / f"{Path(name).name}-{short}"


def _folder() -> Path:
    """Return this user's folder for such files; another user's port is seen by the system alone."""
    if sys.platform == "win32":  # there the folder of temporary files is the user's own
        folder = Path(tempfile.gettempdir()) / "tinyml-ports"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"tinyml-ports-{os.getuid()}"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            return folder / "of another user"  # where nothing can be made
    return folder


def _command() -> str:
    """Return what runs here, such as: tinyml monitor --port /dev/ttyUSB0."""
    program = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "a program"
    words = ["tinyml" if program in ("__main__.py", "tinyml.exe") else program, *sys.argv[1:]]
    return " ".join(words)[:_MOST_NAME]
