# SPDX-License-Identifier: Apache-2.0
"""The training loop: seeded from end to end, and silent but for on_progress."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit import metrics
from toolkit.data.dataset import Dataset
from toolkit.data.standard import Standard
from toolkit.extras import load_extra
from toolkit.files import sha256_of
from toolkit.models import Shape, build_model, model_files, model_label
from toolkit.models.own import own_notes
from toolkit.project.config import ModelChoice, ModelConfig, Project
from toolkit.project.recipe import TrainingConfig
from toolkit.training.checkpoint import Checkpoint
from toolkit.training.events import events_folder
from toolkit.training.once import Setting, train_again, train_once
from toolkit.training.predict import predict
from toolkit.training.search import Part, search_epochs, with_found_rate
from toolkit.training.targets import linear_output, measure_targets
from toolkit.ui import OnProgress

OnCurves = Callable[[str, Mapping[str, Sequence[float]]], None]


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained Keras model and how it came about.

    curves holds one value an epoch by name: loss, val_loss, the task's metric (accuracy or mae, for an
    anomaly detector too) with and without val_, and learning_rate. outputs are the model's on the test
    split, (n, outputs), and score is what they are worth by that metric. config is what it was trained
    with, the learning rate found if it was searched for: by what was tried, as (rate, validation loss).
    files are the hashes of the user's files that the model follows from: code, base, weights. targets is
    what the targets were scaled by while it trained: the loss in curves is of deviations then, mae and
    outputs are in the targets' own units. kept is the epoch, from 1, whose weights the model has; with
    refit it was then trained once more, for so many epochs; kept_by is the curve that chose it, "" for
    the last. steps is how many an epoch has. train_score is what the final weights are worth on the training
    split as it is, without augmentation, and test_loss their loss on the test split (metrics.plain_loss);
    both None where nothing can tell. search_seconds is how long the search for the rate took, seconds how
    long each epoch of the training: of this computer, so no file that is made has them.
    """

    label: str
    model: Any
    parameters: int
    curves: dict[str, tuple[float, ...]]
    outputs: NDArray[np.float32]
    score: float | None
    config: TrainingConfig = field(default=TrainingConfig())
    tried: tuple[tuple[float, float], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    targets: Standard | None = None
    kept: int = 0
    kept_by: str = ""
    steps: int = 0
    train_score: float | None = None
    test_loss: float | None = None
    search_seconds: float = 0.0
    seconds: tuple[float, ...] = ()


def train_all(
    project: Project,
    dataset: Dataset,
    *,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
    logs: Path | None = None,
    on_curves: OnCurves | None = None,
) -> tuple[TrainedModel, ...]:
    """Return the project's model to deploy, trained, and after it those to compare it with.

    logs is where TensorBoard's files go, a folder for each model, if they are asked for. on_curves hears the
    label of a model and its curves after each of its epochs.
    A checkpoint keeps what is done, so that the same call after an interruption goes on there.
    """
    choices: tuple[ModelChoice | ModelConfig, ...] = (project.model, *project.model.compare)
    each = all_epochs(project.training)
    trained = []
    for number, choice in enumerate(choices):
        step = Part(on_progress, number * each, len(choices) * each) if on_progress else None
        part = checkpoint.part(str(number)) if checkpoint else None
        events = events_folder(logs, number, model_label(project, choice)) if logs else None
        trained.append(
            train_model(
                project,
                dataset,
                choice=choice,
                checkpoint=part,
                on_progress=step,
                events=events,
                on_curves=on_curves,
            )
        )
    return tuple(trained)


def say_about_own(project: Project, dataset: Dataset, on_note: Callable[[str], None]) -> None:
    """Tell on_note what was changed in models of the user's own, and which learn targets as they stand.

    Targets of a regression are not scaled where the last layer is no linear Dense; that of the families is.
    """
    shape = Shape.of(dataset)
    is_scaled = dataset.task == "regression" and project.training.scale_targets
    for choice in (project.model, *project.model.compare):
        if not choice.python:
            continue
        label = model_label(project, choice)
        for note in own_notes(project, choice, shape):
            on_note(f"train: {label}: {note}")
        if is_scaled and linear_output(build_model(project, choice, shape)) is None:
            on_note(f"train: {label} does not end in a linear Dense with a bias: targets are not scaled")


def train_model(
    project: Project,
    dataset: Dataset,
    *,
    choice: ModelChoice | ModelConfig | None = None,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
    events: Path | None = None,
    on_curves: OnCurves | None = None,
) -> TrainedModel:
    """Return choice (the project's model by default) trained on dataset's train split.

    Two calls on one machine give the same weights, also if the first was interrupted and the second
    goes on from its checkpoint. on_progress hears of every epoch, and of batches in long ones. Raises
    InputError if the loss stops being a number.
    """
    load_extra("tensorflow").config.experimental.enable_op_determinism()
    setting = replace(Setting.of(project, dataset, choice or project.model), events=events)
    wanted = setting.fitting(project.training)
    before, total = search_epochs(wanted), all_epochs(wanted)
    offsets = (0, before, before + wanted.epochs)
    steps = [Part(on_progress, offset, total) if on_progress else None for offset in offsets]
    config, tried, search_seconds = with_found_rate(setting, wanted, checkpoint, steps[0])
    told = setting
    if on_curves:
        told = replace(setting, on_epoch=lambda _, curves: on_curves(setting.label, curves))
    model, fitted = train_once(told, config, checkpoint, steps[1])
    if config.refit:
        part = checkpoint.part("again") if checkpoint else None
        model = train_again(setting, config, fitted, part, _stretched(steps[2], fitted.kept + 1, wanted))
    outputs = predict(model, dataset.test)
    return TrainedModel(
        label=setting.label,
        model=model,
        parameters=int(model.count_params()),
        curves=fitted.curves,
        outputs=outputs,
        config=config,
        tried=tried,
        files={_name(project, path): sha256_of(path) for path in model_files(project, setting.choice)},
        score=metrics.score(dataset.task, dataset.test.y, outputs, dataset.test.x),
        targets=measure_targets(config, dataset, model),
        kept=fitted.kept + 1,
        kept_by=fitted.kept_by,
        steps=fitted.steps,
        train_score=_train_score(model, dataset),
        test_loss=metrics.plain_loss(dataset.task, dataset.test.y, outputs, dataset.test.x),
        search_seconds=search_seconds,
        seconds=fitted.seconds,
    )


def _train_score(model: Any, dataset: Dataset) -> float | None:
    """Return what model is worth on the training split; None for an anomaly detector."""
    train = dataset.train
    return metrics.score(dataset.task, train.y, predict(model, train), train.x)


def all_epochs(config: TrainingConfig) -> int:
    """Return the most epochs of a training, its search and its repetition with all samples too."""
    return search_epochs(config) + config.epochs * (2 if config.refit else 1)


def _stretched(on_progress: OnProgress | None, epochs: int, config: TrainingConfig) -> OnProgress | None:
    """Report that a training of fewer epochs ends where one of all would."""
    if on_progress is None:
        return None

    def report(done: float, total: int, text: str = "") -> None:
        on_progress(done + (config.epochs - epochs if done >= epochs else 0), config.epochs, text)

    return report


def _name(project: Project, path: Path) -> str:
    return Path(os.path.relpath(path, project.root)).as_posix()
