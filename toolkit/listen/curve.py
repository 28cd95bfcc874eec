# SPDX-License-Identifier: Apache-2.0
"""Misses against false accepts over the threshold, and the threshold that is best for a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolkit.codegen.model_stream import stream_rule
from toolkit.decision.track import decide_all
from toolkit.listen.listen import Ears, Heard, detections_of, tally
from toolkit.listen.score import Tally, score

THRESHOLDS = (*(each / 100 for each in range(10, 96, 5)), 0.97, 0.98, 0.99)


@dataclass(frozen=True)
class Point:
    """What came of all classes with this threshold for each of them."""

    threshold: float
    tally: Tally


def curve(ears: Ears, heard: Sequence[Heard]) -> tuple[Point, ...]:
    """Return the point of each of THRESHOLDS over recordings with labels; nothing if none has any.

    It is made of the windows' scores: nothing is heard again.
    """
    with_labels = [each for each in heard if each.events is not None and each.track is not None]
    return tuple(_point(ears, with_labels, each) for each in THRESHOLDS) if with_labels else ()


def _point(ears: Ears, heard: Sequence[Heard], threshold: float) -> Point:
    config = replace(ears.decision, threshold=threshold, thresholds={})
    rule = stream_rule(ears.compiled.graph, ears.compiled.about, config)
    assert rule is not None
    again = []
    for each in heard:
        assert each.track is not None and each.events is not None
        places = decide_all(rule, each.track.scores, each.track.begins).tolist()
        found = detections_of(ears, each.track, [None if place < 0 else place for place in places])
        scored = score(found, each.events, each.track.reach)
        again.append(replace(each, detections=found, scored=scored))
    return Point(threshold, tally(ears, again)[-1])


def choose(points: Sequence[Point], most_an_hour: float) -> Point | None:
    """Return the point with the fewest misses of those with at most so many false accepts an hour.

    Of several that are equal the middle one: its neighbours are as good. None if none is good enough.
    """
    able = [point for point in points if point.tally.an_hour <= most_an_hour]
    if not able:
        return None
    fewest = min(point.tally.misses for point in able)
    best = [point for point in able if point.tally.misses == fewest]
    return best[len(best) // 2]
