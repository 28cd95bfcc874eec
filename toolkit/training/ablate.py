# SPDX-License-Identifier: Apache-2.0
"""What each part of a recipe is worth: the same training with one part off, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from toolkit import metrics
from toolkit.data.dataset import Dataset
from toolkit.errors import InputError
from toolkit.project.config import Project
from toolkit.project.pruning import PruneConfig
from toolkit.project.qat import QatConfig
from toolkit.project.recipe import DistillConfig, SearchConfig, TrainingConfig
from toolkit.training.checkpoint import Checkpoint
from toolkit.training.fit import Fitted
from toolkit.training.once import Setting, train_once
from toolkit.training.predict import predict
from toolkit.training.search import Part, search_epochs, with_found_rate
from toolkit.training.targets import measure_targets
from toolkit.ui import OnProgress

_OFF: dict[str, Any] = {
    "sam": 0.0,
    "schedule": "constant",
    "warmup_epochs": 0,
    "stop_patience": 0,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "dropout": 0.0,
    "loss": "default",
    "peers": 0,
    "search": SearchConfig(),
}
"""What a training does without each of its parts."""

Finish = Callable[[Any, Setting, TrainingConfig, Checkpoint | None], Any]
"""(trained model, setting, config, checkpoint) -> the model that goes on: pruned, trained as int8. What can
do that is on a higher floor."""

_REGULARIZERS = {"dropout", "l1", "l2"}
"""Options that only training knows: families have the first, a function of the user's maybe others."""


@dataclass(frozen=True)
class Ablation:
    """A training and its results on the validation split: part is what was off, "" for nothing.

    score is the task's metric with the weights that were kept, after pruning where that is on, and as int8
    where the project trains for that; loss the lowest loss of the training before it, epochs how many were
    run.
    """

    part: str
    score: float | None
    loss: float
    epochs: int
    learning_rate: float


def parts_of(
    config: TrainingConfig,
    *,
    has_base: bool = False,
    takes_dropout: bool = True,
    has_scaled_targets: bool = False,
) -> dict[str, TrainingConfig]:
    """Return what config has switched on, each with the config without just that.

    Of a model that has a base, its being frozen at first is a part too. One that does not take config's
    dropout does not have it as a part, one that learns scaled targets has that.
    """
    without: dict[str, dict[str, Any]] = {name: {name: value} for name, value in _OFF.items()}
    without["distill"] = {"distill": DistillConfig()}
    without |= {"prune": {"prune": PruneConfig()}, "qat": {"qat": QatConfig()}}
    if not takes_dropout:
        del without["dropout"]
    found = {name: replace(config, **off) for name, off in without.items() if _is_on(config, name, off)}
    for name in config.augment.used:
        found[f"augment.{name}"] = replace(config, augment=config.augment.without(name))
    if has_base and config.transfer.frozen_epochs:
        thawed = replace(config.transfer, frozen_epochs=0, steps=1, unfreeze=())
        found["transfer.frozen_epochs"] = replace(config, transfer=thawed)
    if has_scaled_targets:
        found["scale_targets"] = replace(config, scale_targets=False)
    return found


def _is_on(config: TrainingConfig, name: str, off: Mapping[str, Any]) -> bool:
    """A dropout below 0 is the model's own; a loss that stands there may be the task's default."""
    if name == "dropout":
        return config.dropout > 0
    if name in ("distill", "prune", "qat"):
        return bool(getattr(config, name).is_on)
    return bool(getattr(config, name) != off[name])


def model_parts(setting: Setting, config: TrainingConfig) -> dict[str, Setting]:
    """Return which regularization stands in the model's own options, each with the setting without it."""
    filled = {"dropout"} if config.dropout >= 0 and setting.takes_dropout else set()
    return {
        f"model.options.{name}": setting.with_options(**{name: 0.0})
        for name, value in setting.model_options.items()
        if name in _REGULARIZERS - filled and isinstance(value, int | float) and value > 0
    }


def ablate(
    project: Project,
    dataset: Dataset,
    *,
    checkpoint: Checkpoint | None = None,
    on_progress: OnProgress | None = None,
    finish: Finish | None = None,
) -> Iterator[Ablation]:
    """Give the result of the project's training as it is, then without each of its parts.

    Everything is measured on the validation split; the test split is not looked at. The learning rate
    is searched for once, with all parts on. finish is what every trained model goes through. Raises
    InputError if there is nothing to turn off.
    """
    setting = Setting.of(project, dataset, project.model)
    training = replace(setting.fitting(project.training), refit=False)
    if not len(dataset.validation):
        raise InputError(
            "the validation split is empty: nothing says what a part is worth.",
            hint="Try: a split such as [0.6, 0.2, 0.2] in the section [data]",
        )
    has_base, takes = bool(project.model.base), setting.takes_dropout
    targets = measure_targets(training, dataset, setting.new_model(training))
    parts = parts_of(training, has_base=has_base, takes_dropout=takes, has_scaled_targets=targets is not None)
    others = model_parts(setting, training)
    if not parts and not others:
        raise InputError(
            "neither [training] nor [model.options] has a part that could be turned off.",
            hint='Try: recipe = "adaptive" in the section [training]',
        )
    before, each = search_epochs(training), training.epochs
    total = before + (1 + len(parts) + len(others)) * each
    part = _part(on_progress, 0, total)
    found = with_found_rate(setting, training, checkpoint, part).config
    configs = {"": found}
    for name, config in parts.items():
        keeps = name == "search"
        configs[name] = config if keeps else replace(config, learning_rate=found.learning_rate)
    runs = [(name, setting, config) for name, config in configs.items()]
    runs += [(name, without, found) for name, without in others.items()]
    for number, (name, changed, config) in enumerate(runs):
        saved = checkpoint.part(f"ablate-{number}") if checkpoint else None
        step = _part(on_progress, before + number * each, total)
        labelled = replace(changed, label=f"without {name}" if name else "all")
        model, fitted = train_once(labelled, config, saved, step)
        if finish:
            model = finish(model, labelled, config, saved)
        yield _result(labelled, config, name, model, fitted)


def _result(setting: Setting, config: TrainingConfig, name: str, model: Any, fitted: Fitted) -> Ablation:
    dataset = setting.dataset
    outputs = predict(model, dataset.validation)
    score = metrics.score(dataset.task, dataset.validation.y, outputs, dataset.validation.x)
    losses = fitted.curves["val_loss"]
    return Ablation(name, score, min(losses), len(losses), config.learning_rate)


def _part(on_progress: OnProgress | None, offset: int, total: int) -> OnProgress | None:
    return Part(on_progress, offset, total) if on_progress else None
