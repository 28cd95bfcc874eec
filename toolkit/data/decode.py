# SPDX-License-Identifier: Apache-2.0
"""Decoding files, each once: what the cache has is not decoded again, and all broken ones are named."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from toolkit.data.dataset import Broken
from toolkit.data.source import SourceContext

MAX_FILE_BYTES = 256 << 20
LEAVE_OUT = "Try: mend such rows, or leave them out: --skip-broken"


class BrokenFileError(ValueError):
    """A file cannot be used; the text says why, to stand behind its name; hint what could help."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


@dataclass(frozen=True)
class Decoded:
    """What became of files: kept are the places of the good ones, and for each of those its key in
    the cache, the shape there, and the SHA-256 of its bytes."""

    kept: tuple[int, ...]
    keys: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    digests: tuple[str, ...]
    broken: tuple[Broken, ...]


def decode_files(
    paths: Sequence[Path],
    names: Sequence[str],
    decode: Callable[[bytes], NDArray[Any]],
    settings: str,
    context: SourceContext,
    look: Callable[[NDArray[Any]], None] = lambda _: None,
) -> Decoded:
    """Decode every file into the cache. settings is all that the result depends on beside the bytes.

    decode raises BrokenFileError for a file that it cannot use. look sees each array, in order.
    """
    kept, keys, shapes, digests, broken = [], [], [], [], []
    for place, (path, name) in enumerate(zip(paths, names, strict=True)):
        try:
            content = file_content(path)
            digest = hashlib.sha256(content).hexdigest()
            key = context.cache.key(settings, digest)
            array = context.cache.get(key, lambda content=content: decode(content))  # type: ignore[misc]
        except BrokenFileError as error:
            broken.append(Broken(name, str(error), error.hint))
            continue
        look(array)
        kept.append(place)
        keys.append(key)
        shapes.append(tuple(array.shape))
        digests.append(digest)
        context.on_progress(place + 1, len(paths), name)
    return Decoded(tuple(kept), tuple(keys), tuple(shapes), tuple(digests), tuple(broken))


def file_content(path: Path, endings: Sequence[str] = ()) -> bytes:
    """Return the bytes of a file with one of these endings, or any without.

    Raises BrokenFileError if it has another, or is empty, too large or unreadable.
    """
    if endings and path.suffix.lower() not in endings:
        raise BrokenFileError(f"is not one of {' '.join(endings)}")
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise BrokenFileError("is no regular file")
        size = found.st_size
        if size > MAX_FILE_BYTES:
            raise BrokenFileError(f"has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read")
        content = path.read_bytes()
    except OSError as error:
        raise BrokenFileError(f"cannot be read: {error.strerror}") from error
    if not content:
        raise BrokenFileError("is empty")
    return content
