# SPDX-License-Identifier: Apache-2.0
"""A study file: which data sets, models, recipes and seeds are trained with each other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.project.config import DataConfig, ModelChoice
from toolkit.project.recipe import TrainingConfig, merged
from toolkit.suggest import did_you_mean

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SECTIONS = ("data", "models", "recipes")


@dataclass(frozen=True)
class StudyConfig:
    """[study]: name is that in its storage; every cell is trained once with each of seeds.

    against is the recipe that the others are compared with, the first of [recipes] if it is "". ablate names
    recipes that are also trained without each of their parts.
    """

    name: str
    seeds: tuple[int, ...] = (1, 2, 3)
    against: str = ""
    ablate: tuple[str, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} must be letters, digits, and _ . - after the first.")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must be different numbers, one at least.")
        if not all(0 <= seed < 2**31 for seed in self.seeds):
            raise ValueError(f"seeds {list(self.seeds)} must be between 0 and 2147483647.")


@dataclass(frozen=True)
class DataSet(DataConfig):
    """[data.NAME]: what [data] of tinyml.toml is; models are those that are trained on it, all if empty."""

    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """A study file. training is what stands beneath every recipe: the epochs that there is time for, say.

    recipes are as [training] of tinyml.toml, by name. path is the file; what it names starts at its folder.
    """

    study: StudyConfig
    data: dict[str, DataSet]
    models: dict[str, ModelChoice]
    recipes: dict[str, TrainingConfig]
    training: TrainingConfig = field(default=TrainingConfig())
    path: Path = field(default=Path(), init=False)

    @classmethod
    def complete(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        """Return the table with what [training] says in each recipe that does not say otherwise."""
        common, recipes = table.get("training", {}), table.get("recipes", {})
        if not isinstance(common, dict) or not isinstance(recipes, dict):
            return dict(table)
        each = {k: merged(common, v) if isinstance(v, dict) else v for k, v in recipes.items()}
        first = {"training": common} if common else {}  # its faults are told of where they stand
        return {**first, **table, "recipes": each}

    def __post_init__(self) -> None:
        for section in _SECTIONS:
            names = getattr(self, section)
            if not names:
                raise ValueError(f"there is no section [{section}.NAME].")
            for name in names:
                if not _NAME.fullmatch(name):
                    raise ValueError(f"{section}.{name}: the name must be letters, digits, and _ . -")
        for name, data in self.data.items():
            _require_known(data.models, self.models, f"models of data.{name}")
        against = (self.study.against,) if self.study.against else ()
        _require_known(against, self.recipes, "study.against")
        _require_known(self.study.ablate, self.recipes, "study.ablate")
        for name, recipe in self.recipes.items():
            if recipe.prune.is_on or recipe.qat.is_on:
                raise ValueError(f"recipes.{name}: prune and qat come after a training; a study has neither.")

    @property
    def against(self) -> str:
        """The recipe that the others are compared with."""
        return self.study.against or next(iter(self.recipes))

    def models_of(self, data: str) -> tuple[str, ...]:
        """Return the names of the models that are trained on a data set."""
        return self.data[data].models or tuple(self.models)


def load_study(path: Path) -> Study:
    """Return the study in a file. Raises InputError, with the line, if it is wrong."""
    study = tomlfile.load(path, Study)
    object.__setattr__(study, "path", path)
    return study


def _require_known(names: Iterable[str], known: Mapping[str, object], what: str) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{what}: {name!r} is not there. {did_you_mean(name, known)}")


def of_study(study: Study, data: str, error: InputError) -> InputError:
    """Return an error of a data set as one of the study's file: it stands in no tinyml.toml."""
    message = error.message.removeprefix(str(study.path.parent / "tinyml.toml")).lstrip(": ")
    return InputError(f"{study.path}: data.{data}: {message}", hint=error.hint, facts=error.facts)
