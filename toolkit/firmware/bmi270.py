# SPDX-License-Identifier: Apache-2.0
"""Bosch's configuration of the BMI270: 8 kB that the chip needs, the user gives and a firmware carries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from toolkit.codegen.templates import render
from toolkit.errors import InputError
from toolkit.project.config import Project
from toolkit.project.owncode import CODE
from toolkit.reading import read_file
from toolkit.targets.board import Board

DRIVER = "bmi270"
CONFIG_BYTES = 8192
WITHOUT = "none"
"""What [firmware] has as bmi270_config for a firmware that does without the chip."""
SOURCE_FILE = "tm_bmi270_config.c"
_ARRAY = "bmi270_config_file"
_MOST_BYTES = 4 << 20
_BYTES_A_ROW = 16
_WHERE = "it is in bmi270.c of https://github.com/boschsensortec/BMI270_SensorAPI, under BSD-3-Clause"
_HINT = (
    f'Try: bmi270_config = "bmi270.c" in the section [firmware], and that file beside tinyml.toml; {_WHERE}'
)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_NOTICE = re.compile(r"\s*(/\*.*?\*/)", re.DOTALL)
_DEFINITION = re.compile(rf"\b{_ARRAY}\s*\[[^\]]*\]\s*=\s*\{{([^}}]*)\}}")
_CODE = (*CODE, ".h", ".hh", ".hpp", ".hxx", ".inc")
_USES = re.compile(r"\bTM_(?:ACCEL|GYRO|SENSORS)\b")


@dataclass(frozen=True)
class ChipConfig:
    """The bytes, and the notice of the C file that they are from, a comment; "" if they are from no C."""

    data: bytes
    notice: str = ""

    def source(self) -> str:
        """Return the C of tm_bmi270_config.h."""
        words = [f"0x{byte:02X}," for byte in self.data]
        rows = [" ".join(words[i : i + _BYTES_A_ROW]) for i in range(0, len(words), _BYTES_A_ROW)]
        return render("tm_bmi270_config.c.j2", {"notice": self.notice, "rows": rows})


def read_chip_config(path: Path) -> ChipConfig:
    """Return what is in a file: the bytes as they are, or Bosch's bmi270.c with its bmi270_config_file[].

    Raises InputError for a file that cannot be read, has no such array, or another number of bytes.
    """
    content = read_file(path, _MOST_BYTES, _HINT)
    text = content.decode("utf-8", "replace")
    found = _DEFINITION.search(_COMMENT.sub(" ", text))
    if found is None:
        data, what = content, "it has no bmi270_config_file[] = {...}, and"
    else:
        data, what = _numbers(path, found[1]), "its bmi270_config_file[]"
    if len(data) != CONFIG_BYTES:
        raise InputError(
            f"{path} is no configuration of the BMI270: {what} has {len(data):,} bytes, not "
            f"{CONFIG_BYTES:,}.",
            hint=_HINT,
        )
    notice = _NOTICE.match(text) if found else None
    return ChipConfig(data, notice[1].replace("\r\n", "\n") if notice else "")


def _numbers(path: Path, inside: str) -> bytes:
    try:
        return bytes(int(word, 0) for each in inside.split(",") if (word := each.strip()))
    except ValueError as error:
        raise InputError(f"{path}: {_ARRAY}[] has something else than bytes: {error}.", hint=_HINT) from error


def chip_config_of(project: Project, board: Board) -> ChipConfig | None:
    """Return the configuration of the board's BMI270; None where there is no such chip or no file is named.

    Raises InputError as read_chip_config() does.
    """
    name = project.firmware.bmi270_config
    if name in ("", WITHOUT) or not has_chip(board):
        return None
    return read_chip_config(project.root / name)


def has_chip(board: Board) -> bool:
    """Return whether the board has a BMI270."""
    return any(sensor.driver == DRIVER for sensor in board.sensors)


def without_chip(board: Board) -> Board:
    """Return the board as a firmware sees it that has no configuration for the chip."""
    return replace(board, sensors=tuple(each for each in board.sensors if each.driver != DRIVER))


def left_out(board: Board) -> str:
    """Return a line that says which sensors a firmware without configuration lacks, and what to do."""
    names = " and ".join(sensor.name for sensor in board.sensors if sensor.driver == DRIVER)
    return (
        f"{names} are left out: the BMI270 of {board.name} senses nothing before {CONFIG_BYTES:,} bytes of "
        f"Bosch's are in it, which the toolkit does not have. {_HINT}"
    )


def require_chip_config(board: Board, code: Iterable[tuple[str, bytes]]) -> None:
    """Raise InputError if code, files by their names, uses a BMI270 for which there is no configuration."""
    if not has_chip(board):
        return
    for name, content in code:
        text = _COMMENT.sub(" ", content.decode("utf-8", "replace"))
        if name.endswith(_CODE) and (found := _USES.search(text)):
            raise InputError(
                f"{name} uses {found[0]}: on {board.name} that is the BMI270, which senses nothing before "
                f"{CONFIG_BYTES:,} bytes of Bosch's are in it; the toolkit does not have them.",
                hint=f'{_HINT}. bmi270_config = "{WITHOUT}" builds without that chip',
            )
