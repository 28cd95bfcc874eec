# SPDX-License-Identifier: Apache-2.0
"""The cells of a study: each one training, or the trainings of an ablation, of a project of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import product
from typing import Any

from toolkit.data import data_state, require_files
from toolkit.errors import InputError
from toolkit.models import digest_of_files
from toolkit.project.config import ModelConfig, Project, ProjectConfig
from toolkit.project.stamps import digest_of
from toolkit.study.file import Study, of_study

_DIGITS = 12
"""Of hexadecimal: 48 bits, which all readers of JSON keep, and no two cells of a study share by chance."""


@dataclass(frozen=True)
class Cell:
    """One cell: names of its data set, model and recipe, and its seed. is_ablation: the parts of the recipe.

    key says what it is by content, not by name: data, model, recipe and seed. A cell that is done stays
    done whatever else changes in the study's file. state is the hash of the files of its data.
    """

    data: str
    model: str
    recipe: str
    seed: int
    is_ablation: bool
    key: str
    state: str

    @property
    def place(self) -> int:
        """Its place in the storage (search/worker.py)."""
        return int(self.key[:_DIGITS], 16)

    @property
    def label(self) -> str:
        """How a person calls it."""
        parts = ", parts" if self.is_ablation else ""
        return f"{self.data}, {self.model}, {self.recipe}{parts}, seed {self.seed}"


def cells_of(study: Study, on_data: Callable[[str], None] = lambda _: None) -> tuple[Cell, ...]:
    """Return the cells of a study, seed by seed, so that what is done first says something of everything.

    Every file of the data is read once for its hash; on_data hears of the data set. Raises InputError for
    data that are not there.
    """
    states = {}
    for name in study.data:
        on_data(name)
        try:
            project = _data_project(study, name)
            require_files(project)
            states[name] = data_state(project)
        except InputError as error:
            raise of_study(study, name, error) from error
    wanted = [(recipe, False) for recipe in study.recipes] + [(name, True) for name in study.study.ablate]
    return tuple(
        _cell(study, data, model, recipe, seed, is_ablation, states[data])
        for seed, data, (recipe, is_ablation) in product(study.study.seeds, study.data, wanted)
        for model in study.models_of(data)
    )


def project_of(study: Study, cell: Cell) -> Project:
    """Return what tinyml.toml would be of a cell."""
    model = study.models[cell.model]
    project = Project(
        ProjectConfig("study", cell.seed),
        study.data[cell.data],
        ModelConfig(model.family, model.python, model.base, model.options),
        study.recipes[cell.recipe],
    )
    object.__setattr__(project, "root", study.path.parent)
    return project


def _data_project(study: Study, data: str) -> Project:
    """Return a project with this data set: which model and recipe makes no difference."""
    recipe, seed = next(iter(study.recipes)), study.study.seeds[0]
    return project_of(study, Cell(data, study.models_of(data)[0], recipe, seed, False, "", ""))


def _cell(study: Study, data: str, model: str, recipe: str, seed: int, is_ablation: bool, state: str) -> Cell:
    told = [_told(each) for each in (study.data[data], study.models[model], study.recipes[recipe])]
    told[0].pop("models", None)
    cell = Cell(data, model, recipe, seed, is_ablation, "", state)
    own = digest_of_files(project_of(study, cell))
    return replace(cell, key=digest_of(json.dumps([told, own, state, seed, is_ablation], sort_keys=True)))


def _told(value: Any) -> Any:
    """Return a configuration as plain values: what is not at its default, so that new keys change nothing."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            f.name: _told(getattr(value, f.name))
            for f in fields(value)
            if f.init and getattr(value, f.name) != f.default
        }
    if isinstance(value, dict):
        return {str(key): _told(each) for key, each in value.items()}
    return [_told(each) for each in value] if isinstance(value, list | tuple) else value
