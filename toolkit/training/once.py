# SPDX-License-Identifier: Apache-2.0
"""One model made anew and trained once: what train, search and ablate repeat with other settings."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.data.balance import class_weights
from toolkit.data.dataset import Dataset, Split
from toolkit.data.standard import Standard
from toolkit.errors import InputError
from toolkit.models import Shape, build_model, model_label
from toolkit.models.build import options_type
from toolkit.models.keras_file import load_model
from toolkit.project.config import ModelChoice, ModelConfig, Project
from toolkit.project.recipe import DistillConfig, TrainingConfig
from toolkit.training.checkpoint import Checkpoint
from toolkit.training.consistency import consistency
from toolkit.training.cosine_head import cosine_model, fold_cosines
from toolkit.training.fit import Fitted, Fitting, OnEpoch, fit
from toolkit.training.imitation import distillation, mutual_learning
from toolkit.training.targets import fold_targets, measure_targets, scale_targets
from toolkit.training.training_model import wrap_model
from toolkit.training.unfreezing import Unfreezing, plan_unfreezing
from toolkit.training.usable import fitting_augment, require_usable
from toolkit.ui import OnProgress


@dataclass(frozen=True, eq=False)
class Setting:
    """A model to train and its data; label is a short name, events where TensorBoard's files go.

    on_epoch hears of each epoch as Fitting's does.
    """

    project: Project
    dataset: Dataset
    choice: ModelChoice | ModelConfig
    label: str
    events: Path | None = None
    on_epoch: OnEpoch | None = None

    @classmethod
    def of(cls, project: Project, dataset: Dataset, choice: ModelChoice | ModelConfig) -> Setting:
        """Return the setting; raises InputError if there is no such model."""
        return cls(project, dataset, choice, model_label(project, choice))

    def with_seed_after(self, number: int) -> Setting:
        """Return the same setting with a seed that is so much higher, for other first weights."""
        seed = (self.project.project.seed + number) % 2**31
        return replace(self, project=self.project.with_seed(seed))

    def new_model(self, config: TrainingConfig) -> Any:
        """Return the untrained model, the same each time; with config's dropout unless it has its own."""
        takes = config.dropout >= 0 and self.takes_dropout
        setting = self.with_options(dropout=config.dropout) if takes else self
        return build_model(setting.project, setting.choice, Shape.of(self.dataset))

    @property
    def takes_dropout(self) -> bool:
        """Whether the dropout of [training] is the model's: it has that option, and no value of its own."""
        return "dropout" not in self.choice.options and "dropout" in self.model_options

    @property
    def model_options(self) -> dict[str, Any]:
        """The model's options with their defaults; of a model of one's own those that are given."""
        options = options_type(self.choice)
        defaults = {f.name: f.default for f in fields(options)} if options else {}
        return {**defaults, **self.choice.options}

    def with_options(self, **options: object) -> Setting:
        """Return the same setting with other values of the model's options."""
        if isinstance(self.choice, ModelConfig):
            project = self.project.with_options(**options)
            return replace(self, project=project, choice=project.model)
        return replace(self, choice=replace(self.choice, options={**self.choice.options, **options}))

    def fitting(self, config: TrainingConfig) -> TrainingConfig:
        """Return config without what its recipe does to samples of another kind than these.

        Raises InputError if the data do not have what it needs.
        """
        require_usable(self.project, self.dataset, config)
        return replace(config, augment=fitting_augment(self.project, self.dataset, config))

    def weights(self) -> tuple[float, ...]:
        """Return how much a training sample of each class counts; () if all count the same."""
        if not self.project.data.weighted:
            return ()
        weights = class_weights(self.dataset)
        return tuple(weights[label] for label in sorted(weights))

    def unfreezing(self, model: Any, config: TrainingConfig) -> Unfreezing | None:
        """Return when which layers of the setting's model train; None without a base."""
        return plan_unfreezing(config, model) if self.choice.base else None


def train_once(
    setting: Setting,
    config: TrainingConfig,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[Any, Fitted]:
    """Return a new model of setting, trained as config says, and how that went."""
    model = setting.new_model(config)
    return model, train_in_place(model, setting, config, checkpoint, on_progress)


def train_again(
    setting: Setting,
    config: TrainingConfig,
    fitted: Fitted,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
) -> Any:
    """Return a new model of setting, trained on the training and validation splits together.

    By the same steps at the same rates as before, up to the epoch that was found best.
    """
    dataset = replace(setting.dataset, train=joined(setting.dataset), validation=_nothing(setting.dataset))
    whole = replace(setting, dataset=dataset, label=f"{setting.label}, again", events=None)
    model = whole.new_model(config)
    train_in_place(model, whole, config, checkpoint, on_progress, again=fitted)
    return model


def joined(dataset: Dataset) -> Split:
    """Return the training and the validation split as one, in memory."""
    parts = (dataset.train, dataset.validation)
    names = tuple(name for part in parts for name in part.names)
    return Split(np.concatenate([p.x for p in parts]), np.concatenate([p.y for p in parts]), names)


def _nothing(dataset: Dataset) -> Split:
    return Split(np.asarray(dataset.validation.x[:0]), dataset.validation.y[:0])


def train_in_place(
    model: Any,
    setting: Setting,
    config: TrainingConfig,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
    again: Fitted | None = None,
    teacher: Any = None,
) -> Fitted:
    """Train model as config says, around it what only training needs: SAM, cosines, scaled targets.

    Return how that went; again is a training to do once more (Fitting.again). teacher is a model that takes
    the place of one that config.distill would have to train first.
    """
    dataset, targets = setting.dataset, measure_targets(config, setting.dataset, model)
    has_cosines = config.loss == "am_softmax"
    trained = cosine_model(model) if has_cosines else model
    if config.sam or config.peers or config.distill.is_on or config.augment.consistency:
        trained = _wrapped(trained, setting, config, targets, checkpoint, teacher)
    fitting = Fitting(
        model=trained,
        config=config,
        dataset=scale_targets(dataset, targets),
        seed=setting.project.project.seed,
        label=setting.label,
        class_weights=setting.weights(),
        checkpoint=checkpoint,
        on_progress=on_progress,
        events=setting.events,
        on_epoch=setting.on_epoch,
        unfreezing=setting.unfreezing(model, config),
        targets=targets,
        again=again,
    )
    fitted = fit(fitting)
    fold_targets(model, targets)
    if has_cosines:
        fold_cosines(model, dataset.train, config.margin_scale)
    return fitted


def _wrapped(
    model: Any,
    setting: Setting,
    config: TrainingConfig,
    targets: Standard | None,
    checkpoint: Checkpoint | None,
    teacher: Any,
) -> Any:
    """Return model with SAM around it, and beside it peers, or the teacher in front of it."""
    if config.distill.is_on:
        if teacher is None or config.distill.teacher:
            teacher = _teacher(setting, config, checkpoint)
        term = distillation(config, setting.dataset, teacher, targets)
        return wrap_model(model, rho=config.sam, term=term)
    if config.augment.consistency:
        term = consistency(config, setting.dataset, setting.project.project.seed)
        return wrap_model(model, rho=config.sam, term=term)
    if not config.peers:
        return wrap_model(model, rho=config.sam)
    peers = [setting.with_seed_after(number).new_model(config) for number in range(1, config.peers + 1)]
    return wrap_model(model, rho=config.sam, term=mutual_learning(config, setting.dataset), peers=peers)


def _teacher(setting: Setting, config: TrainingConfig, checkpoint: Checkpoint | None) -> Any:
    """Return the teacher: loaded from its file, or trained by the same config, and kept by the checkpoint."""
    distill = config.distill
    if distill.teacher:
        teacher = load_model(setting.project.root / distill.teacher)
        _require_same_ends(teacher, setting, distill.teacher)
        return teacher
    choice = ModelChoice(family=distill.family, options=distill.options)
    taught = replace(config, distill=DistillConfig(), dropout=-1.0)
    whole = Setting.of(setting.project, setting.dataset, choice)
    part = checkpoint.part("teacher") if checkpoint else None
    return train_once(replace(whole, label=f"teacher {whole.label}"), taught, part)[0]


def _require_same_ends(teacher: Any, setting: Setting, name: str) -> None:
    shape = Shape.of(setting.dataset)
    ends = (tuple(teacher.input_shape[1:]), tuple(teacher.output_shape[1:]))
    if ends != (shape.inputs, (shape.outputs,)):
        raise InputError(
            f"the teacher {name} takes {ends[0]} and gives {ends[1]}; the data are {shape.inputs} "
            f"and {(shape.outputs,)}.",
            hint="Try: a teacher that was trained on the same data",
        )
