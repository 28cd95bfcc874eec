# SPDX-License-Identifier: Apache-2.0
"""What evolution proposes: small changes of the best so far, each once, and now and then something else."""

from __future__ import annotations

import random
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.search.samplers import SAMPLERS, mutated, parents, samplers

pytestmark = pytest.mark.skipif(
    not find_spec("optuna"), reason="needs Optuna: pip install 'tinyml-toolkit[train]'"
)
TRIALS = 60
FAMILIES = ("cnn", "mlp", "resnet")


def distributions() -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        "family": CategoricalDistribution(FAMILIES),
        "width": FloatDistribution(0.25, 2.0, log=True),
        "kernel": CategoricalDistribution((3, 5, 7, 9)),
        "filters": CategoricalDistribution(("8", "8x16", "16x16")),
        "rate": FloatDistribution(0.0, 1.0),
        "fixed": CategoricalDistribution(("one",)),
    }


OWN = {"family": "cnn", "width": 1.0, "kernel": 5, "filters": "8x16", "rate": 0.5, "fixed": "one"}


def study_with(*found: tuple[dict[str, Any], tuple[float, float]]) -> Any:
    import optuna

    study = optuna.create_study(directions=["maximize", "minimize"])
    for params, values in found:
        study.add_trial(
            optuna.trial.create_trial(
                params=params,
                distributions={name: distributions()[name] for name in params},
                values=values,
                system_attrs={"constraints": (0.0,)},
            )
        )
    return study


def propose(study: Any, name: Any, number: int) -> dict[str, Any]:
    """Return what a sampler proposes for a trial, which is then worth the less the further it is from OWN."""
    study.sampler = samplers(name)(number)
    trial = study.ask()
    for key, each in distributions().items():
        if hasattr(each, "choices"):
            trial.suggest_categorical(key, each.choices)
        else:
            trial.suggest_float(key, each.low, each.high, log=each.log)
    study.tell(trial, (-differences(trial.params, OWN), trial.params["width"]))
    return dict(trial.params)


def differences(one: dict[str, Any], other: dict[str, Any]) -> int:
    return sum(one[name] != other[name] for name in one)


@given(st.integers(0, 1000))
def test_a_change_is_of_one_or_two_choices_and_never_of_the_family(seed: int) -> None:
    child = mutated(OWN, distributions(), random.Random(seed))
    assert differences(child, OWN) in (1, 2)
    assert (child["family"], child["fixed"]) == ("cnn", "one")
    assert child["kernel"] in (3, 5, 7)
    for name, each in distributions().items():
        assert each._contains(each.to_internal_repr(child[name]))


def test_most_proposals_lie_beside_one_that_nothing_beats_and_none_comes_twice() -> None:
    study = study_with((OWN, (0.0, 1.0)))
    beside, proposals = 0, [OWN]
    for number in range(TRIALS):
        found = propose(study, "evolution", number)
        beside += min(differences(found, each) for each in proposals) <= 2
        assert found not in proposals
        proposals.append(found)
    assert TRIALS / 2 < beside < TRIALS
    assert {found["family"] for found in proposals} == set(FAMILIES)


def test_before_anything_is_known_another_sampler_proposes() -> None:
    for name in SAMPLERS:
        study = study_with()
        assert propose(study, name, 1).keys() == OWN.keys()


def test_parents_are_the_more_accurate_half_of_those_that_nothing_beats_each_value_once() -> None:
    points = [(0.9, 5.0), (0.9, 5.0), (0.8, 3.0), (0.7, 2.0), (0.1, 1.0), (0.75, 4.0)]
    study = study_with(*[({**OWN, "width": 0.25 + score}, (score, time)) for score, time in points])
    study.add_trial(study_with(({}, (0.95, 9.0))).get_trials()[0])
    found = parents(study.get_trials(), [True, False])
    assert [trial.values[0] for trial in found] == [0.9, 0.8]
