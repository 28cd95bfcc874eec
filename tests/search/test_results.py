# SPDX-License-Identifier: Apache-2.0
"""Which candidate of a study is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from toolkit.errors import UsageError
from toolkit.search.question import Question
from toolkit.search.results import Result, choose, front_of
from toolkit.sizing.cost import Budget
from toolkit.targets.board import load_board

QUESTION = Question(load_board("nano33ble"), Budget(), "accuracy", is_timed=True)
OWN = (0.97, 4.0, 100.0)


def results_with(values: Sequence[tuple[float, float, float]]) -> list[Result]:
    return [Result(i, i == 0, "", {}, each, "", None, 1.0) for i, each in enumerate(values)]


def chosen(*values: tuple[float, float, float], samples: int = 180, number: int | None = None) -> int:
    """Return the number of the candidate that is chosen; 0 is the project's own."""
    return choose(results_with(values), QUESTION, samples, number).number


def test_the_front_has_what_nothing_beats_and_of_the_same_values_the_first() -> None:
    values = [OWN, (0.98, 9.0, 100.0), (0.9, 5.0, 100.0), OWN, (0.98, 9.0, 100.0)]
    assert [result.number for result in front_of(results_with(values), QUESTION)] == [1, 0]


def test_it_is_the_fastest_of_those_that_are_as_good_as_the_best() -> None:
    assert chosen(OWN, (0.98, 9.0, 100.0), (0.965, 2.0, 200.0), (0.8, 1.0, 90.0)) == 2
    assert chosen(OWN, (0.98, 9.0, 100.0), (0.965, 2.0, 200.0), samples=100_000) == 1


def test_one_that_loses_nothing_to_the_own_model_goes_before_a_faster_one() -> None:
    assert chosen(OWN, (0.98, 3.5, 90.0), (0.97, 3.0, 90.0), (0.965, 2.0, 80.0)) == 2
    assert chosen(OWN, (0.965, 2.0, 80.0)) == 1


def test_a_number_has_to_be_on_the_front() -> None:
    assert chosen(OWN, (0.98, 9.0, 100.0), number=1) == 1
    with pytest.raises(UsageError, match="trial 2 is not on the front"):
        chosen(OWN, (0.98, 9.0, 100.0), (0.9, 5.0, 100.0), number=2)
