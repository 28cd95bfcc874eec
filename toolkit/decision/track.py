# SPDX-License-Identifier: Apache-2.0
"""The rule over all windows of a recording at once: what Decider gives step by step, without the steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.decision.rule import DecisionRule


def decide_all(
    rule: DecisionRule, scores: NDArray[np.integer], begins: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the class (n,) that is detected with each window, -1 for none.

    scores (n, classes) are the model's outputs; where begins (n,) is true all windows before are forgotten.
    """
    found = np.full(len(scores), -1, np.int64)
    starts = sorted({0, *np.flatnonzero(begins).tolist()})
    for start, end in zip(starts, [*starts[1:], len(scores)], strict=True):
        _decide(rule, scores[start:end].astype(np.int64), found[start:end])
    return found


def _decide(rule: DecisionRule, scores: NDArray[np.int64], found: NDArray[np.int64]) -> None:
    """Write what is detected into found; no window before these counts."""
    if len(scores) < rule.average:
        return
    summed = np.cumsum(np.pad(scores, ((1, 0), (0, 0))), axis=0)
    sums = summed[rule.average :] - summed[: -rule.average]
    best = np.full(len(scores), -1)
    best[rule.average - 1 :] = sums.argmax(axis=1)
    reached = sums.max(axis=1) >= np.array(rule.thresholds)[best[rule.average - 1 :]]
    best[rule.average - 1 :][~reached] = -1
    last: dict[int, int] = {}
    for place in np.flatnonzero(best >= 0).tolist():
        which = int(best[place])
        often = int((best[max(0, place + 1 - rule.of) : place + 1] == which).sum())
        if often >= rule.need and place - last.get(which, place - rule.refractory - 1) > rule.refractory:
            found[place] = which
            last[which] = place
