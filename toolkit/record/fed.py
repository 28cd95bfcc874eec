# SPDX-License-Identifier: Apache-2.0
"""Recording what is fed to an emulated board: as long as there is something, and no longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from toolkit.emulator.feed import Feed
from toolkit.errors import InputError, UsageError
from toolkit.record.take import Take, Track

_ALMOST = 0.98
"""Of what is asked for: the first rows of a sensor that starts may be its own."""


def require_fed(feeds: Mapping[str, Feed], sensors: Sequence[str]) -> None:
    """Raise UsageError for a sensor of an emulated board that nothing is fed to: it would lie still."""
    still = [name for name in sensors if name not in feeds]
    if still:
        raise UsageError(
            f"without --port the board is emulated, and nothing is fed to its {still[0]}.",
            hint=f"Try: --port auto, for a real board; or --feed {still[0]}=FILE",
        )


def require_left(feeds: Mapping[str, Feed], sensors: Sequence[str], seconds: float, rate_hz: int) -> None:
    """Raise InputError if the feed of a sensor does not last for so many seconds more."""
    for name in sensors:
        left_s = feeds[name].left_s(Fraction(rate_hz)) if name in feeds else seconds
        if left_s < _ALMOST * seconds:
            rest = f"has {left_s:.3g} s left" if left_s > 0 else "is over"
            raise InputError(
                f"what is fed to {name} {rest}; a recording has {seconds:g} s.",
                hint="Try: a longer file, a smaller --count, or shorter --seconds",
            )


def without_the_end(take: Take, feeds: Mapping[str, Feed]) -> tuple[Take, str]:
    """Return a take without the rows that were taken behind the end of a feed, and a word on them, or "".

    There the last row stays, and of sound is silence.
    """
    kept = min(_sensed(track, feeds.get(track.sensor.name)) for track in take.tracks)
    asked = len(take.tracks[0].rows)
    if kept == asked:
        return take, ""
    if not kept:
        raise InputError("what is fed is over.", hint="Try: a longer file, or a smaller --count")
    word = f"what is fed ended after {kept:,} of {asked:,} rows: the recording ends there"
    return replace(take, tracks=tuple(track.first(kept) for track in take.tracks)), word


def _sensed(track: Track, feed: Feed | None) -> int:
    """Return how many rows of a track are not only the end of its feed, which goes on as it ended."""
    rows = len(track.rows)
    if feed is None or not feed.is_over or feed.still_rows == len(feed):
        return rows
    others = np.flatnonzero((track.rows != track.rows[-1]).any(axis=1))
    still = rows - (int(others[-1]) + 1 if len(others) else 0)
    own = feed.still_rows * (track.setting.rate_hz / feed.rate_hz if feed.rate_hz else 1)
    return rows - max(0, still - round(own))
