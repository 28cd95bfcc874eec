# SPDX-License-Identifier: Apache-2.0
"""What a model's inputs and outputs mean, to stand beside it: so that it can be asked without its project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from toolkit.data.standard import Standard
from toolkit.metrics import Task

_PLACES = ("folder", "file", "labels")


@dataclass(frozen=True)
class Takes:
    """source and options say how a file becomes samples, standard what is done to their columns, task and
    classes what outputs are.

    options are those of the source, with no folder but the last of a path; empty for a source that
    reads no files of samples.
    """

    source: str
    task: Task
    classes: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    standard: Standard | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it in JSON's types."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found

    @classmethod
    def from_json(cls, about: Mapping[str, Any]) -> Takes:
        """Return what to_json gave. Raises KeyError, TypeError or ValueError for anything else."""
        standard = about["standard"]
        return cls(
            source=str(about["source"]),
            task=about["task"],
            classes=tuple(str(name) for name in about["classes"]),
            options={key: _without_folders(key, value) for key, value in dict(about["options"]).items()},
            standard=Standard(*(tuple(map(float, standard[k])) for k in ("mean", "deviation")))
            if standard
            else None,
        )


def _without_folders(key: str, value: Any) -> Any:
    """A model's file may come from anybody: it names no place that is read."""
    return Path(value).name if key in _PLACES and isinstance(value, str) else value
