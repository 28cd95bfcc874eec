# SPDX-License-Identifier: Apache-2.0
"""Detections against what really happened: hits, misses and false accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.listen.events import Event

_HOUR_S = 3600.0


@dataclass(frozen=True)
class Detection:
    """A class that was detected with the window that ends at `at`; score is the mean that decided."""

    at: float
    label: str
    score: float


@dataclass(frozen=True)
class Tally:
    """Of one class, or of all: events that were detected and that were not, and detections without an event.

    span is the length of what was heard, in seconds (or rows).
    """

    label: str
    hits: int
    misses: int
    false_accepts: int
    span: float

    @property
    def an_hour(self) -> float:
        """False accepts an hour."""
        return self.false_accepts / self.span * _HOUR_S if self.span else 0.0


@dataclass(frozen=True)
class Scored:
    """Which detections were right, by place, and which events nobody detected."""

    right: tuple[bool, ...]
    missed: tuple[Event, ...]


def score(detections: Sequence[Detection], events: Sequence[Event], reach: float) -> Scored:
    """Return what was right in one recording; reach is how far back a detection looks, in the events' unit.

    A detection is right if what it looked at overlaps an event of its class. A second detection
    of the same event is right too, and counts for nothing.
    """

    def fits(detection: Detection, event: Event) -> bool:
        return (
            detection.label == event.label
            and event.start < detection.at
            and (event.end > detection.at - reach)
        )

    right = tuple(any(fits(each, event) for event in events) for each in detections)
    missed = tuple(event for event in events if not any(fits(each, event) for each in detections))
    return Scored(right, missed)


def tallies(
    labels: Sequence[str],
    heard: Sequence[tuple[Sequence[Detection], Sequence[Event], Scored]],
    span: float,
) -> tuple[Tally, ...]:
    """Return the tally of each label, and that of all of them together last."""
    found = []
    for label in labels:
        events = sum(event.label == label for _, all_events, _ in heard for event in all_events)
        misses = sum(event.label == label for _, _, scored in heard for event in scored.missed)
        wrong = sum(
            each.label == label and not is_right
            for detections, _, scored in heard
            for each, is_right in zip(detections, scored.right, strict=True)
        )
        found.append(Tally(label, events - misses, misses, wrong, span))
    parts = [sum(getattr(each, name) for each in found) for name in ("hits", "misses", "false_accepts")]
    return (*found, Tally("all", parts[0], parts[1], parts[2], span))
