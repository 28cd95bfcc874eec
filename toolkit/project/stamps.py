# SPDX-License-Identifier: Apache-2.0
"""Knowing what is up to date: a step is, when its inputs and its outputs are those of last time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from toolkit.files import one_at_a_time, write_atomic
from toolkit.project.hashes import FileHashes
from toolkit.reading import parse_json


class Stamps:
    """The record of finished steps, one small JSON file each in folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashes = FileHashes(folder / "hashes.json")

    def is_current(self, step: str, inputs: Mapping[str, str], outputs: Iterable[Path]) -> bool:
        """Return whether step last ran on these inputs and its outputs are these, still as it left them."""
        try:
            record = parse_json(self._file(step).read_text(encoding="utf-8"))
            return bool(record["inputs"] == dict(inputs) and record["outputs"] == self._state(outputs))
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def record(self, step: str, inputs: Mapping[str, str], outputs: Iterable[Path]) -> None:
        """Note that step finished on these inputs and left these outputs, of which one may not be there."""
        value = {"inputs": dict(inputs), "outputs": self._state(outputs)}
        write_atomic(self._file(step), json.dumps(value, indent=1, sort_keys=True) + "\n")

    def only_here(self, step: str, on_wait: Callable[[], None]) -> AbstractContextManager[None]:
        """Keep other processes from running step until the block ends; on_wait hears that one does now."""
        return one_at_a_time(self._file(step).with_suffix(".lock"), on_wait)

    def _file(self, step: str) -> Path:
        return self._folder / f"{step.replace(' ', '-')}.json"

    def _state(self, outputs: Iterable[Path]) -> dict[str, str | None]:
        root = self._folder.parent
        found = {path: self._hashes.sha256(path) if path.is_file() else None for path in outputs}
        state = {path.relative_to(root).as_posix(): digest for path, digest in found.items()}
        self._hashes.save()
        return state


def digest_of(value: object) -> str:
    """Return a hash of a value by its repr: dataclasses, numbers, text; no sets, which have no order."""
    return hashlib.sha256(repr(value).encode()).hexdigest()
