# SPDX-License-Identifier: Apache-2.0
"""What made a model's files: data and settings by their hashes, seed, versions; no clock time and no path."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from toolkit import __version__
from toolkit.project.config import Project
from toolkit.project.stamps import digest_of
from toolkit.reading import description_beside

_PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "numpy", "optuna")
_SHOWN = 16


@dataclass(frozen=True)
class Provenance:
    """What every file made from a project's .tflite says of it, under "made_by" where it is JSON.

    data_sha256 is that of build/data/dataset.json, model_sha256 of model.tflite; config_sha256 stands for
    the settings that the model depends on. Hashes are empty, and seed is None, where nothing is known:
    of a .tflite from elsewhere.
    """

    data_sha256: str = ""
    config_sha256: str = ""
    seed: int | None = None
    model_sha256: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it in JSON's types."""
        return asdict(self)

    @classmethod
    def from_json(cls, about: Mapping[str, Any]) -> Provenance:
        """Return what to_json gave. Raises TypeError or ValueError for anything else."""
        found = cls(**about)
        texts = (found.data_sha256, found.config_sha256, found.model_sha256)
        if not all(isinstance(text, str) for text in texts) or not isinstance(found.versions, dict):
            raise ValueError("made_by is none of this toolkit's")
        return found

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what is known beside versions and model, hashes cut to 16 digits: for people and for C."""
        seed = "" if self.seed is None else str(int(self.seed))
        pairs = (("data", self.data_sha256[:_SHOWN]), ("config", self.config_sha256[:_SHOWN]), ("seed", seed))
        return tuple((name, value) for name, value in pairs if value)

    def lines(self, width: int = 90) -> list[str]:
        """Return the facts and versions as lines for a comment or a page."""
        words = [f"{name} {value}" for name, value in (*self.facts(), *sorted(self.versions.items()))]
        return textwrap.wrap(", ".join(words), width)


def provenance_of(project: Project, data_sha256: str, model_sha256: str) -> Provenance:
    """Return what made the .tflite of this hash, quantized here and now."""
    config = digest_of((training_sections(project), project.quantization))
    return Provenance(data_sha256, config, project.project.seed, model_sha256, versions())


def provenance_beside(model: Path, model_sha256: str) -> Provenance:
    """Return what made a .tflite file by the quantization.json beside it, if that is of the same model."""
    try:
        about = description_beside(model)
        found = Provenance.from_json(about["made_by"])
    except (OSError, ValueError, KeyError, TypeError):
        found = Provenance()
    if found.model_sha256 == model_sha256:
        return found
    return Provenance(model_sha256=model_sha256, versions={"tinyml-toolkit": __version__})


def training_sections(project: Project) -> tuple[object, ...]:
    """Return the settings that a training depends on, beside the data themselves."""
    return project.project, project.data.weighted, project.model, project.training


def versions() -> dict[str, str]:
    """Return the version of the toolkit, and of every package here that a model's weights depend on."""
    found = {"tinyml-toolkit": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
