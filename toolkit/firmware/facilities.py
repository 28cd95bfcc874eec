# SPDX-License-Identifier: Apache-2.0
"""What a firmware may leave out: drivers of sensors, and what only they need of a port.

A file of C is optional if it stands in src/sensors/, or in src/port/ with a name of tm_port_. It is in the
firmware if a header of its name is included, by a file that is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from toolkit.errors import InputError
from toolkit.targets.board import Board

Files = dict[str, str | bytes]
SENSORS = "src/sensors"
SENSORS_HEADER = "include/tm_sensors.h"
_OPTIONAL = re.compile(rf"{SENSORS}/|{SENSORS_HEADER}$|src/port/tm_port_\w+\.c$")
_FACILITY = re.compile(r"tm_port_(\w+)\.h")
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*[<"](?:[^">\n]*/)?([^">/\n]+)[">]', re.MULTILINE)
_CODE = (".c", ".cc", ".cpp", ".cxx", ".S")


@dataclass(frozen=True)
class SensorsHeader:
    """The context of tm_sensors.h.j2: the headers of the drivers, and each sensor's name and C symbol."""

    board: str
    drivers: tuple[str, ...]
    sensors: tuple[tuple[str, str], ...]


def sensors_header(board: Board) -> SensorsHeader:
    """Return what tm_sensors.h says of a board."""
    return SensorsHeader(
        board.name,
        tuple(dict.fromkeys(sensor.driver for sensor in board.sensors)),
        tuple((each.name.upper(), f"tm_{each.driver}_{each.name}") for each in board.sensors),
    )


def without_unused(files: Mapping[str, str | bytes], board: Board) -> Files:
    """Return files without the optional ones that nothing includes.

    Raises InputError where a header is included of something that the board, or its port, does not have.
    """
    reached = _reached(files)
    names = {PurePosixPath(name).name for name in reached}
    for name in sorted(names):
        facility = _FACILITY.fullmatch(name)
        if facility and f"src/port/tm_port_{facility[1]}.c" not in files:
            raise InputError(
                f"{name} is included, and the port {board.port} of {board.name} does not give it.",
                hint="See: docs/ports.md: what each board has",
            )
    for name, table, section in (
        ("i2c", "i2c", board.i2c),
        ("pdm", "microphone", board.microphone),
        ("mic", "microphone", board.microphone),
        ("adc", "analog", board.analog),
        ("display", "display", board.display),
    ):
        if f"tm_port_{name}.h" in names and section is None:
            raise InputError(
                f"tm_port_{name}.h is included, and boards/{board.name}.toml has no [{table}].",
                hint="See: docs/sensors.md: what each board has",
            )
    return {name: text for name, text in files.items() if name in reached or not _OPTIONAL.match(name)}


def _reached(files: Mapping[str, str | bytes]) -> set[str]:
    """Return the files that are compiled, and the headers that these include."""
    by_name: dict[str, list[str]] = {}
    for name in files:
        by_name.setdefault(PurePosixPath(name).name, []).append(name)
    reached: set[str] = set()
    todo = [name for name in files if name.endswith(_CODE) and not _OPTIONAL.match(name)]
    while todo:
        name = todo.pop()
        if name in reached:
            continue
        reached.add(name)
        for header in _includes(files[name]):
            todo += by_name.get(header, [])
            todo += by_name.get(f"{PurePosixPath(header).stem}.c", [])
    return reached


def _includes(content: str | bytes) -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    return [name.decode("utf-8", "replace") for name in _INCLUDE.findall(data)]
