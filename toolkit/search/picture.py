# SPDX-License-Identifier: Apache-2.0
"""The Pareto front as a picture: what is won by more time and by more RAM."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.plots import Trade, trades_png
from toolkit.search.question import Question
from toolkit.search.results import Result

_NUMBERED = 12
"""More numbers than that would cover each other."""


def front_png(
    results: Sequence[Result], front: Sequence[Result], chosen: Result, question: Question
) -> bytes:
    """Return the scores over time and over RAM of all results that have values, the front's with numbers."""
    is_share = question.metric.endswith("accuracy")
    numbers = {result.number for result in front}
    trades = [
        Trade(
            score=100 * result.values[0] if is_share else result.values[0],
            costs=(result.values[1], result.values[2] / 1024),
            name=str(result.number) if result.number in numbers and len(front) <= _NUMBERED else "",
            is_best=result.number in numbers,
            is_chosen=result.number == chosen.number,
        )
        for result in results
        if result.values is not None
    ]
    time = "ms, modelled" if question.is_timed else "MACs"
    score = f"{question.metric}, %" if is_share else question.metric
    return trades_png(trades, (time, "RAM, KiB"), f"{score}, int8, validation", question.board.name)
