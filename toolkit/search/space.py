# SPDX-License-Identifier: Apache-2.0
"""Where a search looks: families of models and their options, features of the data, recipe and rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from toolkit.data.kinds import PICTURE_SOURCES, SOUND_SOURCES
from toolkit.data.registry import find_source
from toolkit.errors import UsageError
from toolkit.models import Shape
from toolkit.models.registry import families, find_family
from toolkit.project.config import Project
from toolkit.project.recipe import RECIPES, TrainingConfig
from toolkit.search.changes import Changes
from toolkit.search.dimensions import Choice, Dimension, Trial, model_dimensions
from toolkit.training.search import bounds

Part = Literal["family", "model", "features", "recipe"]
PARTS = get_args(Part)
_OWN = "own"
_SIDES = (1.0, 0.75, 0.5)
_SIDE_STEP = 8
_HOPS_MS, _WINDOWS_MS = (10.0, 16.0, 20.0, 32.0, 40.0), (25.0, 32.0, 40.0, 64.0)
_BANDS, _COEFFICIENTS = (20, 32, 40, 64), (10, 13)


@dataclass(frozen=True)
class Space:
    """What may be changed: models has the options of each family that is tried, by family.

    features are options of the data source; recipes names of RECIPES, "own" for the project's [training].
    """

    own_family: str
    models: Mapping[str, Mapping[str, Dimension]]
    features: Mapping[str, Dimension]
    recipes: tuple[str, ...]
    training: TrainingConfig
    own_training: Mapping[str, Any]

    def propose(self, trial: Trial) -> Changes:
        """Return the changes that trial chooses. Options go by family: "cnn.width", "mlp.units"."""
        changes: dict[str, Any] = {}
        family = ""
        if self.models:
            names = list(self.models)
            family = trial.suggest_categorical("family", names) if len(names) > 1 else names[0]
            if family != self.own_family:
                changes |= dict.fromkeys(("model.python", "model.base", "model.options", "training.transfer"))
                changes["model.family"] = family
            for name, dimension in self.models[family].items():
                changes[f"model.options.{name}"] = dimension.suggest(trial, f"{family}.{name}")
        for name, dimension in self.features.items():
            changes[f"data.options.{name}"] = dimension.suggest(trial, f"data.{name}")
        if self.recipes:
            changes |= self._training(trial, family)
        return changes

    def _training(self, trial: Trial, family: str) -> dict[str, Any]:
        """Return the changes of [training]: what a recipe sets goes by it, the epochs stay, and the rate is
        one of those that a search for it would try.
        """
        name = trial.suggest_categorical("recipe", list(self.recipes)) if len(self.recipes) > 1 else _OWN
        place = trial.suggest_float("rate", 0.0, 1.0)
        changes: dict[str, Any] = {}
        optimizer = self.training.optimizer
        if name != _OWN:
            changes = {f"training.{key}": None for key in RECIPES[name] if key in self.own_training}
            changes["training.recipe"] = name
            optimizer = RECIPES[name]["optimizer"]
        search = replace(self.training.search, low=0.0, high=0.0)
        low, high = bounds(replace(self.training, optimizer=optimizer, search=search), family)
        changes["training.epochs"] = self.training.epochs
        changes |= {"training.search": None, "training.search.method": "none"}
        changes["training.learning_rate"] = float(f"{low * (high / low) ** place:.3g}")
        return changes


def space_of(
    project: Project,
    table: Mapping[str, Any],
    shape: Shape,
    only: Sequence[str] = (),
    keep: Sequence[Part] = (),
) -> Space:
    """Return what a search of the project's model may change: only are the families, all that take samples
    of this shape where it is empty; keep names what stays as it stands in the project's file.

    Raises UsageError for a family that does not take them.
    """
    own = project.model.family
    for name in only:
        if not find_family(name).takes(shape):
            raise UsageError(f"the family {name} does not take samples of {shape.inputs} for {shape.task}.")
    names = list(only) or [name for name, family in families().items() if family.takes(shape)]
    if "family" in keep:
        names = [own] if own else []
    if "model" in keep:
        names = []
    options = {own: project.model.options}
    models = {
        name: model_dimensions(find_family(name), shape.inputs, options.get(name, {})) for name in names
    }
    return Space(
        own_family=own,
        models=models,
        features={} if "features" in keep else features_of(project),
        recipes=() if "recipe" in keep else (_OWN, *filter(None, RECIPES)),
        training=project.training,
        own_training=cast("Mapping[str, Any]", table.get("training", {})),
    )


def features_of(project: Project) -> dict[str, Dimension]:
    """Return what is tried of the data's options: of sound its features, of pictures in files their size."""
    given = project.data.options
    if project.data.source in SOUND_SOURCES:
        kind = given.get("features", find_source(project.data.source).options.features)
        if kind == "raw":
            return {}
        found: dict[str, Dimension] = {
            "hop_ms": Choice(_HOPS_MS),
            "window_ms": Choice(_WINDOWS_MS),
            "bands": Choice(_BANDS),
        }
        return {**found, "coefficients": Choice(_COEFFICIENTS)} if kind == "mfcc" else found
    if project.data.source in PICTURE_SOURCES:
        own = cast("Sequence[int]", given.get("size", find_source(project.data.source).options.size))
        sides = {tuple(max(1, round(s * part / _SIDE_STEP)) * _SIDE_STEP for s in own) for part in _SIDES}
        sizes = tuple(dict.fromkeys((tuple(own), *sorted(sides, reverse=True))))
        return {"size": Choice(sizes)} if len(sizes) > 1 else {}
    return {}
