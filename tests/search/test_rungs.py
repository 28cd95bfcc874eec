# SPDX-License-Identifier: Apache-2.0
"""Which trainings stop at a rung: those that a third of the others beat in everything."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from toolkit.search.rungs import dominates, goes_on, ranks, rung_epochs, unbeatable

POINTS = st.lists(st.tuples(*[st.integers(0, 5)] * 3), min_size=1, max_size=30)


def test_rungs_are_a_ninth_and_a_third_of_the_epochs() -> None:
    assert rung_epochs(50) == (5, 16)
    assert rung_epochs(3) == (1,)
    assert rung_epochs(1) == ()


def test_ranks_are_the_fronts_taken_off_one_by_one() -> None:
    points = [(1.0, 1.0), (2.0, 0.5), (2.0, 2.0), (3.0, 3.0), (2.0, 2.0)]
    assert ranks(points) == [1, 1, 2, 3, 2]


@given(POINTS)
def test_a_point_has_a_rank_one_higher_than_the_best_that_beats_it_needs(
    points: list[tuple[float, ...]],
) -> None:
    found = ranks(points)
    for point, rank in zip(points, found, strict=True):
        above = [r for p, r in zip(points, found, strict=True) if dominates(p, point)]
        assert rank == 1 + max(above, default=0)


@given(POINTS, st.tuples(*[st.integers(0, 5)] * 3))
def test_what_nothing_beats_always_goes_on(others: list[tuple[float, ...]], mine: tuple[float, ...]) -> None:
    if not any(dominates(other, mine) for other in others):
        assert goes_on(mine, others)


def test_the_first_two_go_on_and_later_a_third_does() -> None:
    rng = np.random.default_rng(1)
    order = rng.permutation(90).tolist()
    seen: list[tuple[float, ...]] = []
    kept = []
    for value in order:
        if goes_on((float(value),), seen):
            kept.append(value)
        seen.append((float(value),))
    assert order[:2] == kept[:2]
    assert min(order) in kept
    assert 20 <= len(kept) <= 45
    assert goes_on((29.0,), [(float(v),) for v in range(90) if v != 29])
    assert not goes_on((30.0,), [(float(v),) for v in range(90) if v != 30])


def test_what_needs_more_than_one_that_is_as_good_as_perfect_has_no_chance() -> None:
    others = [(0.99, 4.0, 10.0), (0.95, 1.0, 1.0), (0.98, 4.0, 9.0)]
    assert unbeatable((0.0, 5.0, 10.0), others, 180) == 0.99
    assert unbeatable((0.0, 4.0, 10.0), others, 180) == 0.99
    assert unbeatable((0.0, 3.9, 10.0), others, 180) is None
    assert unbeatable((0.0, 5.0, 9.9), others, 180) is None
    assert unbeatable((0.0, 5.0, 10.0), others, 10_000) is None
    assert unbeatable((0.0, 5.0, 10.0), [], 180) is None
