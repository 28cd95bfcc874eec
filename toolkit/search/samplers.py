# SPDX-License-Identifier: Apache-2.0
"""What proposes candidates: Optuna's samplers, and evolution, which changes a little of the best so far.

Most of a search space is bad, and a proposal that chooses everything anew mostly meets that part. Somebody
chose the project's own model: what is better lies beside it more often than elsewhere. Small changes of good
models are what regularized evolution tries (Real et al., arXiv 1802.01548). Its parents win a tournament by
their accuracy; here there are several objectives, and they are those that nothing beats.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, get_args

from toolkit.extras import load_extra
from toolkit.search.rungs import dominates

SamplerName = Literal["evolution", "tpe", "nsga2", "random"]
SAMPLERS = get_args(SamplerName)
_MOST_BLIND = 12
"""Candidates that TPE chooses at random before it believes a model of the results."""
_SHARE = 0.75
"""How many of the candidates are changes of a parent; the others are TPE's, which looks everywhere."""
_CHANGED = (1, 1, 2)
_STEP = 0.15  # standard deviation of a change of a number, as a part of its range
_TRIES = 20
_FAMILY = "family"  # another one has other options: that is for TPE


def samplers(name: SamplerName) -> Callable[[int], Any]:
    """Return what makes a sampler of this name from a seed.

    TPE models dependent options together, group by group: each family has its own. What other workers try at
    the moment counts as bad for it, so that they do not all try the same.
    """
    optuna = load_extra("optuna").samplers

    def make(seed: int) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is experimental in Optuna
            if name == "random":
                return optuna.RandomSampler(seed=seed)
            if name == "nsga2":
                return optuna.NSGAIISampler(seed=seed, constraints_func=_constraints, population_size=20)
            tpe = optuna.TPESampler(
                seed=seed,
                multivariate=True,
                group=True,
                constant_liar=True,
                n_startup_trials=_MOST_BLIND,
                constraints_func=_constraints,
            )
            return _evolution(tpe, seed) if name == "evolution" else tpe

    return make


def _constraints(trial: Any) -> Sequence[float]:
    return tuple(trial.user_attrs.get("violation", (0.0,)))


def _evolution(others: Any, seed: int) -> Any:
    """Return a sampler that lets others choose in some trials, and in most changes a parent's choices."""
    optuna = load_extra("optuna")
    rng = random.Random(seed)

    class Evolution(optuna.samplers.BaseSampler):  # type: ignore[name-defined,misc]
        child: Mapping[str, Any]

        def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
            self.child = _child(study, rng)
            return {} if self.child else others.infer_relative_search_space(study, trial)

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
            return {} if self.child else others.sample_relative(study, trial, search_space)

        def sample_independent(self, study: Any, trial: Any, param_name: str, distribution: Any) -> Any:
            value = self.child.get(param_name)
            if param_name in self.child and distribution._contains(distribution.to_internal_repr(value)):
                return value
            return others.sample_independent(study, trial, param_name, distribution)

        def before_trial(self, study: Any, trial: Any) -> None:
            others.before_trial(study, trial)

        def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
            others.after_trial(study, trial, state, values)

    return Evolution()


def _child(study: Any, rng: random.Random) -> dict[str, Any]:
    """Return the choices of one of the parents with a change that nobody tried; {} if TPE is to choose."""
    trials = study.get_trials(deepcopy=False)
    found = parents(trials, [way.name == "MAXIMIZE" for way in study.directions])
    if not found or rng.random() >= _SHARE:
        return {}
    tried = [trial.params for trial in trials]
    for _ in range(_TRIES):
        parent = rng.choice(found)
        child = mutated(parent.params, parent.distributions, rng)
        if child not in tried:
            return child
    return {}


def parents(trials: Sequence[Any], is_higher_better: Sequence[bool]) -> list[Any]:
    """Return of the trials that nothing beats the half with the better scores, the first of their values.

    The other half gives up the score for nothing but size. Of trials with the same values it is the last, so
    that none counts twice; those without choices are no parents.
    """
    points = {
        tuple(-v if up else v for v, up in zip(trial.values, is_higher_better, strict=True)): trial
        for trial in trials
        if trial.state.name == "COMPLETE" and trial.params
    }
    front = sorted(p for p in points if not any(dominates(other, p) for other in points))
    return [points[point] for point in front[: (len(front) + 1) // 2]]


def mutated(
    params: Mapping[str, Any], distributions: Mapping[str, Any], rng: random.Random
) -> dict[str, Any]:
    """Return choices of which one or two are others, close by if they are numbers."""
    names = sorted(name for name, each in distributions.items() if name != _FAMILY and not each.single())
    changed = rng.sample(names, min(len(names), rng.choice(_CHANGED)))
    return {**params, **{name: _beside(params[name], distributions[name], rng) for name in changed}}


def _beside(value: Any, distribution: Any, rng: random.Random) -> Any:
    choices = getattr(distribution, "choices", None)
    if choices is None:
        return _beside_number(value, distribution, rng)
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in choices):
        ordered = sorted(choices)
        at = ordered.index(value)
        return rng.choice(ordered[max(0, at - 1) : at] + ordered[at + 1 : at + 2])
    return rng.choice([each for each in choices if each != value])


def _beside_number(value: float, distribution: Any, rng: random.Random) -> float:
    """Return a number near value, on the scale of its distribution."""
    low, high = float(distribution.low), float(distribution.high)
    change = rng.gauss(0, _STEP)
    moved = value * (high / low) ** change if distribution.log else value + change * (high - low)
    return min(high, max(low, moved))
