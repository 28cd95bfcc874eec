# SPDX-License-Identifier: Apache-2.0
"""What made a model: data by their hash, settings, versions; no clock time and no path."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from toolkit import __version__
from toolkit.data.dataset import Dataset
from toolkit.project import Project
from toolkit.training.train import TrainedModel

_PACKAGES = ("tensorflow-cpu", "tensorflow", "keras", "numpy", "optuna")


def provenance(project: Project, dataset: Dataset, trained: TrainedModel) -> dict[str, Any]:
    """Return what model.keras and history.json say of how a model came about, in JSON's types.

    training is what it was trained with: recipe resolved, learning rate found.
    """
    return {
        "data_sha256": dataset.sha256,
        "seed": project.project.seed,
        "model": trained.label,
        "training": asdict(trained.config),
        "learning_rates_tried": [list(pair) for pair in trained.tried],
        "versions": {"tinyml-toolkit": __version__, **versions()},
    }


def versions() -> dict[str, str]:
    """Return the version of every package here that a model's weights depend on."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
