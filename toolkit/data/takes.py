# SPDX-License-Identifier: Apache-2.0
"""What a model's inputs and outputs mean, to stand beside it: so that it can be asked without its project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import tomlfile
from toolkit.data.cache import Cache
from toolkit.data.dataset import Dataset
from toolkit.data.load import decode_by, source_of
from toolkit.data.registry import find_source
from toolkit.data.source import SourceContext
from toolkit.data.standard import Standard
from toolkit.metrics import Task
from toolkit.project.config import Project

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

    def decode(self, path: Path) -> NDArray[np.float32]:
        """Return the samples in a file as the model takes them. Raises InputError if it cannot be read so."""
        source, here = find_source(self.source), Path()
        options = None
        if source.decode is not None and (path.suffix != ".npy" or source.name == "numpy"):
            table = dict(self.options)
            options = tomlfile.from_table(Path("takes"), source.options, table, ("options",))
        x = decode_by(source, options, SourceContext(here, 0, Cache(here)), path)
        return self.standard.apply(x) if self.standard else x


def _without_folders(key: str, value: Any) -> Any:
    """A model's file may come from anybody: it names no place that is read."""
    return Path(value).name if key in _PLACES and isinstance(value, str) else value


def takes_of(project: Project, dataset: Dataset) -> Takes:
    """Return what a model for the project's data takes and gives."""
    source, options, context = source_of(project)
    portable = asdict(source.portable(options, context)) if source.decode is not None else {}
    return Takes(source.name, dataset.task, dataset.classes, portable, dataset.standard)
