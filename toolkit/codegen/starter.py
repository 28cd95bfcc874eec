# SPDX-License-Identifier: Apache-2.0
"""The first file of a project's app/: an application that reads, decides and acts, for its user to go on."""

from __future__ import annotations

from pathlib import Path

from toolkit.codegen.names import c_identifier
from toolkit.codegen.recorded import Recorded, recorded_by
from toolkit.codegen.templates import render
from toolkit.data.kinds import PICTURE_SOURCES, SOUND_SOURCES
from toolkit.files import write_atomic
from toolkit.project.config import Project
from toolkit.project.owncode import FOLDER

_KINDS = {
    **dict.fromkeys(PICTURE_SOURCES, "picture"),
    **dict.fromkeys(SOUND_SOURCES, "sound"),
    "windows": "rows",
}
_PERIODS_US = {"picture": 100_000, "sound": 10_000, "rows": 20_000}
_PERIOD_US = 100_000


def add_starter(project: Project) -> Path:
    """Write app/my_app.c for the project's kind of data, unless it has an app/; return that folder.

    Of what a board's sensor gave, it reads this very sensor.
    """
    folder = project.root / FOLDER
    if not folder.exists():
        if recorded := recorded_by(project):
            write_atomic(folder / "my_app.c", sensor_text(project.name, recorded))
            return folder
        kind = _KINDS.get(project.data.source, "numbers")
        rate = project.data.options.get("rate")
        write_atomic(folder / "my_app.c", starter_text(project.name, kind, rate if kind == "rows" else None))
    return folder


def starter_text(name: str, kind: str, rate: object = None) -> str:
    """Return the C for a model of this name; kind is picture, sound, rows (of a sensor) or numbers.

    rate is how many rows of a sensor come a second, if it is known.
    """
    period_us = _PERIODS_US.get(kind, _PERIOD_US)
    if isinstance(rate, int | float) and rate > 0:
        period_us = max(round(1e6 / rate), 1)
    symbol = c_identifier(name)
    context = {
        "name": symbol,
        "upper": symbol.upper(),
        "kind": kind,
        "is_stream": kind in ("sound", "rows"),
        "period_us": period_us,
    }
    return render("starter.j2", context)


def sensor_text(name: str, recorded: Recorded, word: str = "found") -> str:
    """Return the C that reads a board's sensor, decides, says word and the class, and lights the LED."""
    symbol = c_identifier(name)
    context = {
        "name": symbol,
        "upper": symbol.upper(),
        "sensor_upper": f"TM_{recorded.sensor.upper()}",
        "title": recorded.title,
        "rate_mhz": recorded.rate_mhz,
        "range": recorded.range,
        "word": word,
    }
    return render("starter_sensor.j2", context)
