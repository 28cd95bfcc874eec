# SPDX-License-Identifier: Apache-2.0
"""Decoded files, kept under the hash of what they were made from.

An entry is an .npy file with its CRC-32 behind it, put in place by a rename. Two runs that share a
folder can at worst both make an entry, and then both make the same one; a damaged one is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.arrays import load_array
from toolkit.errors import InputError
from toolkit.files import write_atomic

VARIABLE = "TINYML_CACHE"
LIMIT_VARIABLE = "TINYML_CACHE_BYTES"
LIMIT_BYTES = 2 << 30
IN_USE_S = 3600.0
"""What was used so short a time ago may be in use by another run."""
_CRC_BYTES = 4


def cache_folder(root: Path) -> Path:
    """Return where a project's cache is: what TINYML_CACHE names, else build/cache in its folder."""
    return Path(os.environ.get(VARIABLE) or root / "build" / "cache")


class Cache:
    """Arrays in a folder, by key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, *parts: str) -> str:
        """Return the key of what is made from these parts: hashes, settings, versions."""
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def get(self, key: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the array of this key, made and kept now if it is not there or is damaged."""
        found = self._load(key)
        if found is None:
            found = make()
            write_atomic(self._path(key), _packed(found), durable=False)
        return found

    def require(self, key: str) -> NDArray[Any]:
        """Return the array of this key. Raises InputError if somebody took it away in the meantime."""
        found = self._load(key)
        if found is None:
            raise InputError(
                f"{self._path(key)} is gone or damaged, while it was in use.",
                hint="Try: the same command again; nobody else may clear the cache meanwhile",
            )
        return found

    def prune(self, limit_bytes: int | None = None, now_s: float | None = None) -> int:
        """Remove what was not used for longest until limit_bytes are left; return how many bytes went.

        The limit is what TINYML_CACHE_BYTES says by default, else LIMIT_BYTES. What was used within
        IN_USE_S stays, however much it is.
        """
        limit = _limit_bytes() if limit_bytes is None else limit_bytes
        oldest = (time.time() if now_s is None else now_s) - IN_USE_S
        entries = sorted(_entries(self._folder))
        total = sum(size for _, _, size in entries)
        freed = 0
        for used_s, path, size in entries:
            if total - freed <= limit or used_s > oldest:
                break
            with contextlib.suppress(OSError):  # somebody else was quicker, or may and we may not
                path.unlink()
                freed += size
        return freed

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.bin"

    def _load(self, key: str) -> NDArray[Any] | None:
        try:
            path = self._path(key)
            content = path.read_bytes()
            with contextlib.suppress(OSError):
                os.utime(path)  # used now: prune() goes by it
            body = content[:-_CRC_BYTES]
            if zlib.crc32(body).to_bytes(_CRC_BYTES, "little") != content[-_CRC_BYTES:]:
                return None
            return load_array(io.BytesIO(body))
        except (OSError, ValueError):
            return None


def _limit_bytes() -> int:
    text = os.environ.get(LIMIT_VARIABLE, "")
    if text and not text.isdecimal():
        raise InputError(
            f"{LIMIT_VARIABLE} is {text!r}, which is no number of bytes.", hint="Try: 2000000000"
        )
    return int(text) if text else LIMIT_BYTES


def _entries(folder: Path) -> Iterator[tuple[float, Path, int]]:
    """Give each entry with when it was used last, and its bytes."""
    for path in folder.glob("??/*.bin"):
        with contextlib.suppress(OSError):
            found = path.stat()
            yield found.st_mtime, path, found.st_size


def _packed(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    body = stream.getvalue()
    return body + zlib.crc32(body).to_bytes(_CRC_BYTES, "little")
