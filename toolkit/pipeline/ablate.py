# SPDX-License-Identifier: Apache-2.0
"""What each part of a project's training is worth: the trainings of `tinyml ablate`."""

from __future__ import annotations

import shutil
from typing import Any

from toolkit.metrics import metric_name
from toolkit.pipeline.pipeline import Pipeline
from toolkit.pipeline.prune import board_of
from toolkit.pipeline.train import training_key, training_progress
from toolkit.project.recipe import TrainingConfig
from toolkit.project.stamps import digest_of
from toolkit.pruning.prune import prune_model
from toolkit.training import Checkpoint
from toolkit.training.ablate import Prune, ablate
from toolkit.training.once import Setting


def ablate_project(pipeline: Pipeline) -> tuple[str, list[Any]]:
    """Return the metric's name, and the training's result with all parts on, then without each.

    An interrupted run goes on where it was. See toolkit/training/ablate.py.
    """
    dataset, folder = pipeline.dataset(), pipeline.folder / ".ablation"
    checkpoint = Checkpoint(
        folder / "model.npz", digest_of((training_key(pipeline.context), pipeline.project.training, "ablate"))
    )
    with training_progress(pipeline.context, f"ablate: {pipeline.project.name}") as on_progress:
        results = list(
            ablate(
                pipeline.project,
                dataset,
                checkpoint=checkpoint,
                on_progress=on_progress,
                prune=_pruning(pipeline),
            )
        )
    shutil.rmtree(folder, ignore_errors=True)
    return metric_name(dataset.task), results


def _pruning(pipeline: Pipeline) -> Prune:
    def prune(model: Any, setting: Setting, config: TrainingConfig, checkpoint: Checkpoint | None) -> Any:
        board = board_of(pipeline.context)
        return prune_model(model, setting, config, board, checkpoint=checkpoint).model

    return prune
