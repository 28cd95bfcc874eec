# SPDX-License-Identifier: Apache-2.0
"""What a person reads of a take: its length, and whatever makes it less than what was there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from toolkit.record.asked import Asked
from toolkit.record.files import SOUND
from toolkit.record.take import Take, Track

_OFF_BY = 0.02


def take_words(take: Take, asked: Asked) -> str:
    """Return a line on a take: length, rate and range, what stands at full scale, and what was lost."""
    first = take.tracks[0]
    hertz = float(first.setting.rate_hz)
    words = [f"{len(first.rows) / hertz:.3g} s, {len(first.rows):,} rows at {hertz:g} Hz"]
    words += [
        f"{track.sensor.name} up to {track.setting.range:,} {track.sensor.unit}"
        for track in take.tracks
        if track.sensor.unit != "1"
    ]
    if take.measured_hz is not None and abs(take.measured_hz / hertz - 1) > _OFF_BY:
        words.append(f"{take.measured_hz:.4g} Hz by the board's clock")
    words += [_clipped_words(track, asked) for track in take.tracks if track.clipped]
    words += [f"LOST {track.lost:,} rows of {track.sensor.name}" for track in take.tracks if track.lost]
    return "; ".join(words if take.lost else [*words, "none lost"])


def _clipped_words(track: Track, asked: Asked) -> str:
    name = track.sensor.name
    many = f"{track.clipped:,} of {len(track.rows):,}"
    if name == SOUND:
        return f"CLIPPED: {many} samples stand at full scale: from further away, or less loud"
    most, unit = track.setting.range, track.sensor.unit
    words = f"CLIPPED: {many} rows of {name} stand at full scale ({most:,} {unit})"
    if asked.every_range.get(name, 0) > most or not most:
        return words  # it has no larger one
    return f"{words}: --range {'' if len(asked.sensors) == 1 else f'{name}='}{2 * most}"


def less_than_asked(take: Take, asked: Asked) -> Iterator[str]:
    """Yield what was asked for and the sensors do not have."""
    for track in take.tracks:
        name, setting, most = track.sensor.name, track.setting, asked.ranges.get(track.sensor.name, 0)
        if asked.rate_hz and setting.rate_hz < asked.rate_hz:
            yield (
                f"{name} runs at {float(setting.rate_hz):g} Hz, its highest rate here: "
                f"--rate {asked.rate_hz:,} is more than it has"
            )
        if setting.range < most:
            yield (
                f"{name} goes up to {setting.range:,} {track.sensor.unit}, its largest range: "
                f"--range {most:,} is more than it has"
            )


def clipped_series(clipped: list[Path], count: int) -> str:
    """Return a line on a series of which some recordings have rows at full scale; "" if none has."""
    if not clipped or count == 1:
        return ""
    return (
        f"{len(clipped)} of {count} recordings have rows at full scale, where what was there may have been "
        f"more: such as {clipped[0].name}"
    )
