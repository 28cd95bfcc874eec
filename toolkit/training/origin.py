# SPDX-License-Identifier: Apache-2.0
"""What a trained model says of how it came about, beside toolkit/project/provenance.py."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from toolkit.data.dataset import Dataset
from toolkit.project.config import Project
from toolkit.project.provenance import training_sections, versions
from toolkit.project.stamps import digest_of
from toolkit.training.train import TrainedModel


def made_by(project: Project, dataset: Dataset, trained: TrainedModel) -> dict[str, Any]:
    """Return what model.keras and history.json say of how a model came about, in JSON's types.

    training is what it was trained with: recipe resolved, learning rate found.
    """
    return {
        "data_sha256": dataset.sha256,
        "config_sha256": digest_of(training_sections(project)),
        "seed": project.project.seed,
        "model": trained.label,
        "files_sha256": dict(trained.files),
        "training": asdict(trained.config),
        "learning_rates_tried": [list(pair) for pair in trained.tried],
        "versions": versions(),
    }
