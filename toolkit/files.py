# SPDX-License-Identifier: Apache-2.0
"""Writing files so that nothing half-written ever stands under a final name, and one process at a time."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from toolkit.errors import InputError
from toolkit.reading import require_place

_LOOK_AGAIN_S = 0.2
_REASONS = {
    errno.ENOSPC: ("the disk is full", "Try: free some space, then run the same command again"),
    errno.EDQUOT: ("the disk quota is used up", "Try: free some space, then run the same command again"),
    errno.EACCES: ("no permission", "Try: a folder that you may write to"),
    errno.EPERM: ("no permission", "Try: a folder that you may write to"),
    errno.EROFS: ("the file system is read-only", "Try: a folder that you may write to"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "Try: move that file away"),
    errno.EEXIST: ("a file stands where a folder is needed", "Try: move that file away"),
}

_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[\d\u00b9\u00b2\u00b3]) *", re.IGNORECASE)


def is_device_name(name: str) -> bool:
    """Return whether Windows takes a file's name for a device, with any ending: con, nul.txt."""
    return _DEVICES.fullmatch(name.partition(".")[0]) is not None


def write_atomic(path: Path, content: bytes | str, *, durable: bool = True) -> bool:
    """Write content to path by way of a temporary file and a rename; return whether it changed.

    An equal file is left alone, so that its time stamp stays. Text is UTF-8 with \\n. What can be
    made again need not be durable: then nothing waits for the disk.
    Raises InputError with the reason when the folder or disk refuses.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
    except OSError as error:
        raise write_error(path, error) from error
    with replacing(path, durable=durable) as stream:
        stream.write(data)
    return True


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Give a stream whose content takes path's place when the block ends without an error.

    Raises InputError with the reason when the folder or disk refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(path) as temporary:
            with temporary.open("wb") as stream:
                yield stream
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            mask = os.umask(0)
            os.umask(mask)
            temporary.chmod(0o666 & ~mask)
            temporary.replace(path)
    except OSError as error:
        raise write_error(path, error) from error


@contextmanager
def one_at_a_time(lock: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Wait until no other process is in such a block with the file lock, then keep others waiting.

    on_wait hears that there is one. A process that dies lets go.
    Raises InputError if the file, which is made, cannot be written.
    """
    require_place(lock)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        stream = lock.open("w")
    except OSError as error:
        raise write_error(lock, error) from error
    with stream:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                on_wait()
                fcntl.flock(stream, fcntl.LOCK_EX)
        else:
            import msvcrt

            told = False
            while not _is_locked(lambda: msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)):
                if not told:
                    on_wait()
                told = True
                time.sleep(_LOOK_AGAIN_S)
        yield


def _is_locked(lock: Callable[[], object]) -> bool:
    try:
        lock()
    except OSError:
        return False
    return True


def require_writable(folder: Path) -> None:
    """Raise InputError unless a new file can stand in folder; what was made to try it is gone again."""
    made: list[Path] = []
    try:
        made += [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise write_error(folder, error) from error
    finally:
        for each in made:
            with suppress(OSError):
                each.rmdir()


def write_error(path: Path, error: OSError) -> InputError:
    """Return the InputError that says why path could not be written."""
    reason, hint = _reason(error)
    return InputError(f"cannot write {path}: {reason}.", hint=hint)


def use_error(error: OSError) -> InputError:
    """Return the InputError for a file or folder that the system refuses, whatever was done with it."""
    reason, hint = _reason(error)
    return InputError(f"cannot use {error.filename}: {reason}.", hint=hint)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _reason(error: OSError) -> tuple[str, str]:
    return _REASONS.get(error.errno or 0, (error.strerror or str(error), "Try: another folder"))


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """Give a new file's name beside path; the file is gone afterwards, unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        yield Path(name)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
