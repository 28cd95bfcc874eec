# SPDX-License-Identifier: Apache-2.0
"""What each part of a project's training is worth: the trainings of `tinyml ablate`."""

from __future__ import annotations

import shutil
from typing import Any

from toolkit.metrics import metric_name
from toolkit.pipeline.pipeline import Pipeline
from toolkit.pipeline.train import training_key, training_progress
from toolkit.project.stamps import digest_of
from toolkit.training import Checkpoint
from toolkit.training.ablate import ablate


def ablate_project(pipeline: Pipeline) -> tuple[str, list[Any]]:
    """Return the metric's name, and the training's result with all parts on, then without each.

    An interrupted run goes on where it was. See toolkit/training/ablate.py.
    """
    dataset, folder = pipeline.dataset(), pipeline.folder / ".ablation"
    checkpoint = Checkpoint(folder / "model.npz", digest_of((training_key(pipeline.context), "ablate")))
    with training_progress(pipeline.context, f"ablate: {pipeline.project.name}") as on_progress:
        results = list(ablate(pipeline.project, dataset, checkpoint=checkpoint, on_progress=on_progress))
    shutil.rmtree(folder, ignore_errors=True)
    return metric_name(dataset.task), results
