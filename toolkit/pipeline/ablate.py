# SPDX-License-Identifier: Apache-2.0
"""What each part of a project's training is worth: the trainings of `tinyml ablate`."""

from __future__ import annotations

import shutil
from typing import Any

from toolkit.metrics import metric_name
from toolkit.pipeline.pipeline import Pipeline
from toolkit.pipeline.train import training_key, training_progress
from toolkit.project.recipe import TrainingConfig
from toolkit.project.stamps import digest_of
from toolkit.pruning.board import board_of
from toolkit.pruning.prune import prune_model
from toolkit.quantization.qat import as_simulated, begin_as_int8, train_quantized
from toolkit.training import Checkpoint
from toolkit.training.ablate import Finish, ablate
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
                finish=_finishing(pipeline),
            )
        )
    shutil.rmtree(folder, ignore_errors=True)
    return metric_name(dataset.task), results


def _finishing(pipeline: Pipeline) -> Finish:
    """Return what makes the model that goes on of a trained one.

    Where the project trains for int8, the results without that are of int8 too.
    """
    training = pipeline.project.training
    board, as_int8 = board_of(pipeline.project) if training.prune.is_on else None, training.qat.is_on

    def finish(model: Any, setting: Setting, config: TrainingConfig, checkpoint: Checkpoint | None) -> Any:
        if board and config.prune.is_on:
            model = prune_model(model, setting, config, board, checkpoint=checkpoint).model
        if config.qat.is_on:
            part = checkpoint.part("qat") if checkpoint else None
            found = train_quantized(model, setting, config, checkpoint=part)
            return as_simulated(found.model, found.as_int8)
        if as_int8:
            return as_simulated(*begin_as_int8(model, setting, config))
        return model

    return finish
