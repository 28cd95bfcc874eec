# SPDX-License-Identifier: Apache-2.0
"""Where a search looks: families of models and their options, features of the data, recipe and rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import log
from typing import Any, Literal, cast, get_args

from toolkit.data.kinds import PICTURE_SOURCES, SOUND_SOURCES
from toolkit.data.registry import find_source
from toolkit.errors import UsageError
from toolkit.extras import load_extra
from toolkit.models import Shape
from toolkit.models.registry import families, find_family
from toolkit.project.config import Project
from toolkit.project.recipe import RECIPES, TrainingConfig
from toolkit.search.changes import Changes
from toolkit.search.dimensions import Choice, Dimension, Point, Trial, model_dimensions, numbers, text
from toolkit.training.search import bounds

Part = Literal["family", "model", "features", "recipe"]
PARTS = get_args(Part)
_OWN = "own"
_SIDES = (1.0, 0.75, 0.5)
_SIDE_STEP = 8
_OF_SOUND: dict[str, tuple[float, ...]] = {
    "hop_ms": (10.0, 16.0, 20.0, 32.0, 40.0),
    "window_ms": (25.0, 32.0, 40.0, 64.0),
    "bands": (20, 32, 40, 64),
    "coefficients": (10, 13),
}


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
    own_options: Mapping[str, Any] = field(default_factory=dict)
    """Of the own family and of the data source, by the names of their dimensions."""

    def own_point(self) -> Point | None:
        """Return the choices that make the project's own model, None if it is not in the space."""
        if self.models and self.own_family not in self.models:
            return None
        recorder = _Recorder({**self.own_options, "family": self.own_family, "recipe": _OWN})
        if self.recipes:
            low, high = self._rates(self.training.optimizer, self.own_family)
            place = log(self.training.learning_rate / low) / log(high / low)
            recorder.own["rate"] = min(1.0, max(0.0, place))
        try:
            self.propose(recorder)
        except ValueError:  # Optuna's, of a value that is no choice
            return None
        return recorder.params, recorder.distributions

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
        low, high = self._rates(optimizer, family)
        changes["training.epochs"] = self.training.epochs
        changes |= {"training.search": None, "training.search.method": "none"}
        changes["training.learning_rate"] = float(f"{low * (high / low) ** place:.3g}")
        return changes

    def _rates(self, optimizer: Any, family: str) -> tuple[float, float]:
        search = replace(self.training.search, low=0.0, high=0.0)
        return bounds(replace(self.training, optimizer=optimizer, search=search), family)


@dataclass
class _Recorder:
    """A trial that answers with what stands in the project's file, and keeps what it was asked."""

    own: dict[str, Any]
    params: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, Any] = field(default_factory=dict)

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        distribution = load_extra("optuna").distributions.FloatDistribution(low, high, log=log)
        return float(self._keep(name, min(high, max(low, self.own[name])), distribution))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        distribution = load_extra("optuna").distributions.CategoricalDistribution(list(choices))
        distribution.to_internal_repr(self.own[name])
        return self._keep(name, self.own[name], distribution)

    def _keep(self, name: str, value: Any, distribution: Any) -> Any:
        self.params[name], self.distributions[name] = value, distribution
        return value


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
        own_options=_own_options(project),
    )


def _own_options(project: Project) -> dict[str, Any]:
    """Return the options of the project's family and data source as a trial has them, defaults among them."""
    found: dict[str, Any] = {}
    parts = [("data", find_source(project.data.source).options, project.data.options)]
    if project.model.family:
        family = find_family(project.model.family)
        parts.append((family.name, family.options, project.model.options))
    for prefix, options, given in parts:
        defaults = {each.name: each.default for each in fields(options)}
        found |= {f"{prefix}.{name}": text(value) for name, value in {**defaults, **given}.items()}
    return found


def features_of(project: Project) -> dict[str, Dimension]:
    """Return what is tried of the data's options: of sound its features, of pictures in files their size."""
    if project.data.source in SOUND_SOURCES:
        kind = _given(project, "features")
        if kind == "raw":
            return {}
        found: dict[str, Dimension] = {
            name: numbers(_given(project, name), values) for name, values in _OF_SOUND.items()
        }
        if kind != "mfcc":
            del found["coefficients"]
        return found
    if project.data.source in PICTURE_SOURCES:
        own = cast("Sequence[int]", _given(project, "size"))
        sides = {tuple(max(1, round(s * part / _SIDE_STEP)) * _SIDE_STEP for s in own) for part in _SIDES}
        sizes = tuple(dict.fromkeys((tuple(own), *sorted(sides, reverse=True))))
        return {"size": Choice(sizes)} if len(sizes) > 1 else {}
    return {}


def _given(project: Project, name: str) -> Any:
    """Return an option of the data source: the project's, or the default."""
    return project.data.options.get(name, getattr(find_source(project.data.source).options, name))
