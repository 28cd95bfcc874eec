# SPDX-License-Identifier: Apache-2.0
"""Where a recording goes and where it comes from: a project's data folder, a port, or an emulated board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from toolkit.emulator.feed import Feed
from toolkit.errors import InputError, UsageError
from toolkit.firmware.bmi270 import ChipConfig, chip_config_of
from toolkit.firmware.build import OnLine
from toolkit.firmware.recorder import NAME, build_recorder
from toolkit.project.config import FILE_NAME, Project, load_project
from toolkit.runners.link import Link, open_link
from toolkit.targets.board import Board, load_board

_DEFAULT_BOARD = "nano33ble"
_SPLITS = ("train", "validation", "test")
_SOUND_SOURCE = "audio_folder"


@dataclass(frozen=True)
class Place:
    """The folder for recordings; is_sound: its project is one of sounds, whose files' names match group."""

    folder: Path
    is_sound: bool = False
    group: str = ""


def place_for(folder: Path, output: Path | None) -> Place:
    """Return where recordings go: output, or the data folder of the project in folder.

    Raises UsageError without either, InputError where the project's data are no folder of classes.
    """
    project = _project(folder)
    is_sound = project is not None and project.data.source == _SOUND_SOURCE
    if output is not None:
        return Place(output, is_sound)
    if project is None:
        raise UsageError(
            f"there is no {FILE_NAME} here to say where the data are.", hint="Try: --output FOLDER"
        )
    data = project.data.options.get("folder")
    if not isinstance(data, str) or not data:
        raise InputError(
            f"the data of {project.project.name} are no folder with a folder for each class.",
            hint="Try: --output FOLDER",
        )
    place = project.root / Path(data).expanduser()
    if any((place / split).is_dir() for split in _SPLITS):
        raise InputError(
            f"{data} has a folder for each split.",
            hint=f"Try: --output {data}/{_SPLITS[0]}, or another split",
        )
    group = project.data.options.get("group")
    return Place(place, is_sound, group if isinstance(group, str) else "")


def board_for(name: str | None, folder: Path) -> Board:
    """Return the board of this name; without one that of the project in folder, or the Nano 33 BLE."""
    project = _project(folder)
    return load_board(name or (project.firmware.board if project else _DEFAULT_BOARD))


def recorder_folder(board: Board, folder: Path) -> Path:
    """Return where the firmware that records is built, in a project or not."""
    return folder / "build" / NAME / board.name


def chip_config_for(board: Board, folder: Path) -> ChipConfig | None:
    """Return the configuration of the board's BMI270 that the project in folder names, None without."""
    project = _project(folder)
    return None if project is None else chip_config_of(project, board)


def on_port(port: str, board: str | None, folder: Path) -> Link:
    """Return a link to the board on a port; "auto" is the one that fits the board."""
    chosen = board_for(board, folder)
    return open_link(Path(), chosen, port=port)


def emulated(
    name: str | None,
    folder: Path,
    fed: Mapping[str, Feed],
    *,
    on_line: OnLine | None = None,
    on_word: OnLine | None = None,
) -> Link:
    """Build the firmware that records; return a link to an emulated board that runs it, its sensors fed."""
    board = board_for(name, folder)
    firmware = build_recorder(
        board,
        recorder_folder(board, folder),
        bmi270=chip_config_for(board, folder),
        on_line=on_line,
        on_word=on_word,
    )
    return open_link(firmware.elf, board, feeds=fed)


def _project(folder: Path) -> Project | None:
    return load_project(folder.resolve()) if (folder / FILE_NAME).is_file() else None
