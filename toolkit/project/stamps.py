# SPDX-License-Identifier: Apache-2.0
"""Knowing what is up to date: a step is, when its inputs and its outputs are those of last time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from toolkit.files import one_at_a_time, sha256_of, write_atomic
from toolkit.project.hashes import FileHashes

_PACKAGE = Path(__file__).resolve().parents[1]


class Stamps:
    """The record of finished steps, one small JSON file each in folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes = FileHashes(folder / "hashes.json")

    def is_current(self, step: str, inputs: Mapping[str, str]) -> bool:
        """Return whether step last ran on these inputs and its outputs are still as it left them."""
        try:
            record = json.loads(self._file(step).read_text(encoding="utf-8"))
            return bool(
                record["inputs"] == dict(inputs) and record["outputs"] == self._state(record["outputs"])
            )
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def record(self, step: str, inputs: Mapping[str, str], outputs: Iterable[Path]) -> None:
        """Note that step finished on these inputs and left these outputs."""
        relative = [path.relative_to(self._folder.parent).as_posix() for path in outputs]
        value = {"inputs": dict(inputs), "outputs": self._state(relative)}
        write_atomic(self._file(step), json.dumps(value, indent=1, sort_keys=True) + "\n")

    def only_here(self, step: str, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
        """Keep other processes from running step until the block ends; on_wait hears that one does now."""
        return one_at_a_time(self._file(step).with_suffix(".lock"), on_wait)

    def _file(self, step: str) -> Path:
        return self._folder / f"{step.replace(' ', '-')}.json"

    def _state(self, names: Iterable[str]) -> dict[str, str | None]:
        paths = {name: self._folder.parent / name for name in names}
        state = {name: self._hashes.sha256(path) if path.is_file() else None for name, path in paths.items()}
        self._hashes.save()
        return state


def digest_of(value: object) -> str:
    """Return a hash of a value by its repr: dataclasses, numbers, text."""
    return hashlib.sha256(repr(value).encode()).hexdigest()


@cache
def digest_of_tree(folder: Path) -> str:
    """Return a hash of every file below folder, names and bytes."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(folder).as_posix()}:{sha256_of(path)}\n".encode())
    return digest.hexdigest()


def digest_of_code(*rooms: str) -> str:
    """Return a hash of the toolkit's own modules or packages of these names."""
    parts = []
    for room in rooms:
        path = _PACKAGE / room
        parts.append(digest_of_tree(path) if path.is_dir() else sha256_of(path.with_suffix(".py")))
    return digest_of(parts)
