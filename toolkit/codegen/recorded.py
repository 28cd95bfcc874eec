# SPDX-License-Identifier: Apache-2.0
"""Whether data are what a sensor of a board gave, as `tinyml record` writes it: which one, and how fast."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from toolkit.data.table import Table, read_columns, read_plain_table
from toolkit.data.timeline import UNITS_S, trait_of, unit_of
from toolkit.errors import InputError
from toolkit.project.config import Project
from toolkit.targets.senses import USUAL_RANGES

_AXES = ("x", "y", "z")
_SENSORS = {"accel": "accelerometer", "gyro": "gyroscope", "mag": "magnetometer"}
"""Those of which a row is x, y and z."""
_FEWEST_CLASSES = 2
_ROUNDED = 0.01
"""A count more or less at full scale is no reason for a larger range."""
_MOST_FILES = 200
"""That are looked at: the largest value says which range is enough."""


@dataclass(frozen=True)
class Recorded:
    """A sensor by its name, what people call it, rows in 1000 s and the range that its values need."""

    sensor: str
    title: str
    rate_mhz: int
    range: int


def recorded_by(project: Project) -> Recorded | None:
    """Return the one sensor that a project's recordings, a folder of them for each class, are of.

    None where they are of none, of several or say no rate, and where something else than a class is learnt.
    """
    options = project.data.options
    folder, time = options.get("folder"), options.get("time")
    if project.data.source != "windows" or not folder or not time or options.get("target"):
        return None
    files = sorted((project.root / str(folder)).glob("*/*.csv"))
    if len({file.parent for file in files}) < _FEWEST_CLASSES:
        return None
    try:
        return _of_files(files[:: -(-len(files) // _MOST_FILES)], str(time), options.get("rate"))
    except InputError:  # whoever reads the data says it
        return None


def _of_files(files: list[Path], time: str, rate: object) -> Recorded | None:
    table = read_plain_table(files[0])
    sensor = next((name for name in _SENSORS if _columns(name) == _others(table, time)), None)
    unit = unit_of(time, 0.0)
    if sensor is None or not unit:
        return None
    most, step = 0.0, 0.0
    for file in files:
        numbers = read_columns(read_plain_table(file), [time, *_columns(sensor)], ()).numbers
        if len(numbers):
            most = max(most, float(np.abs(numbers[:, 1:]).max()))
            step = step or trait_of(numbers[:, 0]).each * UNITS_S[unit]
    given = float(rate) if isinstance(rate, int | float) else 0.0
    hertz = given or (1 / step if step else 0.0)
    if not hertz:
        return None
    usual = USUAL_RANGES.get(sensor, 0)
    return Recorded(
        sensor, _SENSORS[sensor], max(1, round(1000 * hertz)), max(usual, math.ceil(most - _ROUNDED))
    )


def _columns(sensor: str) -> list[str]:
    return [f"{sensor}_{axis}" for axis in _AXES]


def _others(table: Table, time: str) -> list[str]:
    return [column for column in table.columns if column != time]
