# SPDX-License-Identifier: Apache-2.0
"""What training leaves for the report: history.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from toolkit.data.dataset import Dataset
from toolkit.metrics import confusion, metric_name
from toolkit.project.config import Project
from toolkit.training.origin import made_by
from toolkit.training.train import TrainedModel


def history_json(project: Project, dataset: Dataset, trained: Sequence[TrainedModel]) -> str:
    """Return history.json: curves and test results of the model to deploy, which comes first, and others.

    A classification's models carry their confusion matrix, a regression's with one input their
    predictions, sorted by x. targets is there where the loss is of targets scaled by that mean and deviation.
    kept_epoch is the epoch, from 1, whose weights the model has, and kept_by the curve that chose it; refit
    says that it was trained again for as many.
    """
    about = {
        "project": project.name,
        "description": project.project.description,
        "seed": project.project.seed,
        "data": dataset.name,
        "data_sha256": dataset.sha256,
        "task": dataset.task,
        "classes": list(dataset.classes),
        "metric": metric_name(dataset.task),
        "samples": {name: len(split) for name, split in dataset.splits().items()},
        "skip_epochs": project.training.skip_epochs,
        "models": [_model(project, dataset, model) for model in trained],
    }
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def _model(project: Project, dataset: Dataset, trained: TrainedModel) -> dict[str, object]:
    about: dict[str, object] = {
        "label": trained.label,
        "parameters": trained.parameters,
        "made_by": made_by(project, dataset, trained),
        "score": trained.score,
        "train_score": trained.train_score,
        "test_loss": trained.test_loss,
        "kept_epoch": trained.kept,
        "kept_by": trained.kept_by,
        "refit": trained.config.refit,
        "steps": trained.steps * len(trained.curves["loss"]),
        "curves": {name: list(values) for name, values in trained.curves.items()},
    }
    if trained.targets:
        about["targets"] = asdict(trained.targets)
    if dataset.task == "classification":
        about["confusion"] = confusion(dataset.test.y, trained.outputs, len(dataset.classes))
    elif dataset.test.x[0].size == 1 and dataset.outputs == 1:
        order = dataset.test.x.reshape(-1).argsort(kind="stable")
        about["predictions"] = {
            "x": dataset.test.x.reshape(-1)[order].tolist(),
            "truth": dataset.test.y.reshape(-1)[order].tolist(),
            "predicted": trained.outputs.reshape(-1)[order].tolist(),
        }
    return about
