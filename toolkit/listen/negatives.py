# SPDX-License-Identifier: Apache-2.0
"""False accepts of a model, cut out of the recordings that it heard, as data of a class that is ignored."""

from __future__ import annotations

import hashlib
import io
import re
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.data.load import source_of
from toolkit.data.timeline import UNITS_S, unit_of
from toolkit.errors import InputError
from toolkit.listen.listen import Ears, Heard
from toolkit.listen.recording import Recording
from toolkit.pipeline.pipeline import Pipeline
from toolkit.suggest import did_you_mean

_NAME = "neg"


@dataclass(frozen=True)
class Nest:
    """Where data of a class are: a folder of a class of the project, and what a file in it must match."""

    folder: Path
    label: str
    group: str


def nest_of(pipeline: Pipeline, ears: Ears, label: str) -> Nest:
    """Return where negatives of a class go.

    Raises InputError for a class that is not there or is one that the rule detects, and for data that are
    not a folder for each class.
    """
    classes = ears.takes.classes
    if label not in classes:
        raise InputError(f"--label {label}: there is no such class. {did_you_mean(label, classes)}")
    if label in ears.labels:
        raise InputError(
            f"--label {label}: this class is detected, so a false accept of it would be learnt as right.",
            hint=f"Try: a class of other things; ignore = ['{label}'] in [firmware.decision] makes it one",
        )
    _, options, context = source_of(pipeline.project)
    folder = getattr(options, "folder", "")
    place = context.root / folder / label
    if not folder or not place.is_dir():
        raise InputError(
            f"the data have no folder {folder or '.'}/{label}: negatives go beside other files of the class.",
            hint="tinyml negatives is for data that are a folder for each class",
        )
    return Nest(place, label, str(getattr(options, "group", "")))


def write_negatives(
    ears: Ears, recordings: Sequence[Recording], heard: Sequence[Heard], nest: Nest, most: int
) -> list[Path]:
    """Cut what the false accepts of recordings heard out of them, at most so many; return the new files.

    A file that is there stays as it is: the same recording gives the same names. What lies across a gap of
    its recording is left out: it never happened. Raises InputError for
    recordings without labels, and if the names would not match the group of the data.
    """
    written: list[Path] = []
    for recording, each in zip(recordings, heard, strict=True):
        if each.scored is None:
            raise InputError(
                f"{recording.path}: nobody says what is in it, so nothing in it is known to be wrong.",
                hint=f"Try: {recording.path.with_suffix('.csv').name} beside it, with start,end,label alone",
            )
        digest = hashlib.sha256(recording.items.tobytes()).hexdigest()[:8]
        for one, is_right in zip(each.detections, each.scored.right, strict=True):
            if is_right or len(written) == most:
                continue
            end = round(recording.stream_time(one.at) * (recording.rate or ears.rate or 1.0))
            first, last = _cut(ears, len(recording.items), end)
            if recording.is_across(first, last):
                continue
            path = nest.folder / f"{_NAME}{digest}at{end}_{one.label}{_ending(ears)}"
            _require_group(nest, path)
            if not path.exists():
                path.write_bytes(_content(ears, recording.items[first:last]))
                written.append(path)
    return written


def _ending(ears: Ears) -> str:
    return ".wav" if ears.feed.is_sound else ".csv"


def _require_group(nest: Nest, path: Path) -> None:
    name = f"{nest.folder.name}/{path.name}"
    if nest.group and re.search(nest.group, name) is None:
        raise InputError(
            f"{name} does not match group = {nest.group!r} of [data.options].",
            hint=rf"Try: another alternative in it: (...|{_NAME}\w+?)_",
        )


def _cut(ears: Ears, items: int, end: int) -> tuple[int, int]:
    """Return first and end of what has the data's length and ends with what was decided on, or near it."""
    length = ears.feed.first_items
    if ears.feed.is_sound:
        length = max(length, round(ears.takes.options["seconds"] * ears.takes.options["rate"]))
    last = min(max(end, length), items)
    return max(0, last - length), last


def _content(ears: Ears, items: NDArray[Any]) -> bytes:
    if ears.feed.is_sound:
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setparams((1, 2, int(ears.feed.rate), len(items), "NONE", ""))
            file.writeframes(items.astype("<i2").tobytes())
        return buffer.getvalue()
    return _table(ears, items).encode()


def _table(ears: Ears, rows: NDArray[Any]) -> str:
    options = ears.takes.options
    names, time = list(options["columns"]), options.get("time", "")
    lines = [",".join([time, *names] if time else names)]
    unit = (options.get("time_unit") or unit_of(time, 0.0)) if time else ""
    for place, row in enumerate(rows):
        cells = [np.format_float_positional(value, trim="0") for value in row]
        if time:
            at = place / (ears.rate * UNITS_S[unit]) if unit and ears.rate else float(place)
            cells.insert(0, f"{at:.6f}".rstrip("0").rstrip("."))
        lines.append(",".join(cells))
    return "\n".join([*lines, ""])
