# SPDX-License-Identifier: Apache-2.0
"""Misses and false accepts over the threshold as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.listen.curve import Point
from toolkit.listen.listen import Ears
from toolkit.plots import worths_png


def worth_png(ears: Ears, points: Sequence[Point]) -> bytes:
    """Return the share of events missed, and the false accepts an hour, of each point, at least one.

    Without a rate nobody knows an hour: then it is the count of false accepts. Without events there is
    nothing to miss. The threshold of the project is marked.
    """
    events = points[0].tally.hits + points[0].tally.misses
    return worths_png(
        [point.threshold for point in points],
        [100 * point.tally.misses / events for point in points] if events else [],
        [point.tally.an_hour if ears.rate else float(point.tally.false_accepts) for point in points],
        "false accepts an hour" if ears.rate else "false accepts",
        ears.decision.threshold,
    )
