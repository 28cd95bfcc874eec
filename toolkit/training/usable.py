# SPDX-License-Identifier: Apache-2.0
"""Whether data have what a training asks for, and what of a recipe is for data of their kind."""

from __future__ import annotations

from toolkit.data.dataset import Dataset
from toolkit.data.kinds import SOUND_SOURCES
from toolkit.errors import InputError
from toolkit.project.config import Project
from toolkit.project.recipe import AugmentConfig, Kind, TrainingConfig


def fitting_augment(project: Project, dataset: Dataset, config: TrainingConfig) -> AugmentConfig:
    """Return what is done to dataset's samples: config's augment, without what a recipe has for others."""
    return config.augment.fitting(config.recipe, kind_of(project, dataset))


def kind_of(project: Project, dataset: Dataset) -> Kind:
    """Return what dataset's samples are, by their source and shape."""
    if project.data.source in SOUND_SOURCES:
        return "sound"
    kinds: dict[int, Kind] = {2: "series", 3: "pictures"}
    return kinds.get(len(dataset.input_shape), "rows")


def require_usable(project: Project, dataset: Dataset, config: TrainingConfig) -> None:
    """Raise InputError, before anything is trained, if config asks for what dataset does not have."""
    if project.data.weighted and dataset.task != "classification":
        raise InputError(
            f"weighted is for samples of one class each; the task is {dataset.task}.",
            hint="Try: leave weighted out of the section [data]",
        )
    if config.refit and dataset.task == "anomaly":
        raise InputError(
            "refit trains on the validation split, which has to set an anomaly detector's threshold.",
            hint="Try: leave refit out of the section [training]",
        )
    if config.refit and dataset.train.is_mapped:
        raise InputError(
            "refit needs the training and validation splits in memory; these data are too large for that.",
            hint="Try: leave refit out of the section [training], which gains least with many samples",
        )
    if config.keep == "highest" and dataset.task != "classification":
        raise InputError(
            f'keep = "highest" goes by an accuracy of classes; the task is {dataset.task}.',
            hint='Try: keep = "best", which goes by the loss',
        )
    if config.augment.consistency and dataset.task != "classification":
        raise InputError(
            f"augment.consistency compares probabilities of classes; the task is {dataset.task}.",
            hint="Try: leave consistency out of the section [training.augment]",
        )
    asked = _needing_validation(config)
    if not len(dataset.validation) and asked:
        raise InputError(
            f"the validation split is empty, and {asked} goes by it.",
            hint=f"Try: a split such as [0.6, 0.2, 0.2] in the section [data], or no {asked}",
        )


def _needing_validation(config: TrainingConfig) -> str:
    asked = {
        'schedule = "plateau"': config.schedule == "plateau",
        "stop_patience": config.stop_patience > 0,
        'keep = "highest"': config.keep == "highest",
        "refit": config.refit,
        "training.search": config.search.method in ("tpe", "grid"),
    }
    return next((name for name, is_on in asked.items() if is_on), "")
