# SPDX-License-Identifier: Apache-2.0
"""SHA-256 of files that are not read again while nothing about them has changed."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from toolkit.errors import InputError
from toolkit.files import sha256_of, write_atomic
from toolkit.reading import parse_json

SETTLED_NS = 2_000_000_000
"""A file that was written so short a time before it was hashed may have been written again since then,
at a moment that its file system does not tell from the first."""


class FileHashes:
    """Hashes by path, kept in a JSON file: each beside size, times and inode of what was hashed, and when.

    A file counts as unchanged if all of these are as they were; the time of the last change of its
    inode, which no program can set back, is among them. Two processes may share the file: whoever saves
    last is kept, and the other's files are read again.
    """

    def __init__(self, index: Path, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._index = index
        self._now_ns = now_ns
        self._known = _load(index)
        self._seen: dict[str, list[object]] = {}

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes as 64 hex digits. Raises OSError as opening it does."""
        key = str(path.absolute())
        state, noted_ns = _state(path), self._now_ns()
        entry = self._known.get(key)
        if entry is None or entry[: len(state)] != state or not _is_settled(entry):
            entry = [*state, noted_ns, sha256_of(path)]
        self._seen[key] = entry
        return str(entry[-1])

    def save(self) -> None:
        """Keep the hashes of files that are still there; without leave to write nothing is kept."""
        unseen = {key: entry for key, entry in self._known.items() if key not in self._seen}
        there = {key: entry for key, entry in unseen.items() if Path(key).exists()}
        with contextlib.suppress(InputError):
            text = json.dumps({**there, **self._seen}, indent=0, sort_keys=True)
            write_atomic(self._index, text, durable=False)


def _state(path: Path) -> list[object]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _is_settled(entry: list[object]) -> bool:
    _, written_ns, changed_ns, _, noted_ns, _ = entry
    return all(
        isinstance(before, int) and isinstance(noted_ns, int) and noted_ns - before >= SETTLED_NS
        for before in (written_ns, changed_ns)
    )


def _load(index: Path) -> dict[str, list[object]]:
    """Return what index holds; a damaged one holds nothing."""
    try:
        found = parse_json(index.read_text(encoding="utf-8"))
        return {key: value for key, value in found.items() if isinstance(value, list) and len(value) == 6}
    except (OSError, ValueError, AttributeError):
        return {}
