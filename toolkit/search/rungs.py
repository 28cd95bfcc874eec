# SPDX-License-Identifier: Apache-2.0
"""Which trainings are stopped early, or not begun: successive halving by non-dominated rank.

Optuna's pruners refuse studies with several objectives. So the rungs are our own: at each of them a candidate
is ranked among all that have been there, by its validation score so far beside the time and RAM that it will
need, and only the first third goes on. What nothing beats in all three has rank 1, so a small model is not
stopped for being less accurate than a large one. The rule needs no waiting for others: it is the stopping
variant of asynchronous successive halving (Li et al., arXiv 1810.05934) with the rank in place of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.training.keeping import error_of_difference

Values = tuple[float, ...]
FACTOR = 3
_MOST_RUNGS = 2


def rung_epochs(epochs: int) -> tuple[int, ...]:
    """Return after how many epochs a training of so many may be stopped: a ninth and a third of them."""
    found = {epochs // FACTOR**power for power in range(1, _MOST_RUNGS + 1)}
    return tuple(sorted(epoch for epoch in found if 0 < epoch < epochs))


def dominates(one: Values, other: Values) -> bool:
    """Return whether one is lower than other somewhere and higher nowhere."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def ranks(points: Sequence[Values]) -> list[int]:
    """Return each point's non-dominated rank, from 1: how many fronts, taken off one by one, it is in.

    Lower values are better. Source: Deb et al., A fast and elitist multiobjective genetic algorithm: NSGA-II,
    2002.
    """
    found = [0] * len(points)
    left = set(range(len(points)))
    rank = 0
    while left:
        rank += 1
        front = {i for i in left if not any(dominates(points[j], points[i]) for j in left)}
        for i in front:
            found[i] = rank
        left -= front
    return found


def goes_on(mine: Values, others: Sequence[Values]) -> bool:
    """Return whether a candidate is in the best third of those at its rung, itself among them.

    Of the same rank all go on; where fewer than three have been there, nothing is known yet and it does.
    """
    points = [mine, *others]
    if len(points) < FACTOR:
        return True
    found = ranks(points)
    return found[0] <= sorted(found)[len(points) // FACTOR - 1]


def unbeatable(mine: Values, others: Sequence[Values], samples: int) -> float | None:
    """Return an accuracy that a candidate cannot beat, however it is trained; None if there is no such.

    The first of the values is the accuracy, the others what is needed, of which lower is better; mine has
    no accuracy yet. It is the best of those that need no more of anything, if on so many samples nothing more
    accurate could be told apart from it.
    """
    scores = (
        score
        for score, *needs in others
        if all(need <= most for need, most in zip(needs, mine[1:], strict=True))
    )
    best = max(scores, default=0.0)
    return best if best + error_of_difference(best, samples) >= 1 else None
