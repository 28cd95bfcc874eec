# SPDX-License-Identifier: Apache-2.0
"""From data to a project file that was tried: the data are read, the model is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

from toolkit.data import Divided, divide_data
from toolkit.data.kinds import SOUND_SOURCES
from toolkit.data.places import printable
from toolkit.data.proposal import project_text
from toolkit.data.survey import Found, survey
from toolkit.errors import InputError, ToolMissingError
from toolkit.models import Shape
from toolkit.models.registry import families
from toolkit.project.config import FILE_NAME, load_project
from toolkit.project.new import project_name, write_project
from toolkit.sizing.measure import measure_family
from toolkit.targets.board import load_board
from toolkit.ui import OnProgress, Progress

_BOARDS = ("nano33ble", "sparkfun_edge", "stm32f746g_disco")
"""In the order in which they are tried."""
_HEARING_BOARDS = ("nano33ble_sense", "sparkfun_edge", "stm32f746g_disco")
"""The same, of sound: the first two have a microphone with a driver."""
_BESIDE = "an estimate for the model alone; features, standardization and a decision take more"
_SMALLER = {"mobilenet_v1": "cnn", "cnn": "ds_cnn", "ds_cnn": "cnn"}


@dataclass(frozen=True)
class Proposed:
    """The project file, and what is to be said of it; has_broken: some data can only be left out.

    is_trainable says that the data, or what is left of them, were read.
    """

    file: Path
    said: tuple[str, ...]
    unsure: tuple[str, ...]
    has_broken: bool
    is_trainable: bool = True


def propose_project(folder: Path, data: Path, progress: Progress) -> Proposed:
    """Look at data, write folder's tinyml.toml, and return what was found.

    Raises InputError if nothing can read the data, or folder has a project.
    """
    if (folder / FILE_NAME).exists():
        raise InputError(f"{folder / FILE_NAME} is there already.", hint="Try: another folder")
    with progress("new: looking at the data") as on_progress:
        found = survey(data)
        found.said.insert(0, f"source {found.source}, read from {printable(str(data))}")
        divided, has_broken = _try(found, on_progress)
    boards = _HEARING_BOARDS if found.source in SOUND_SOURCES else _BOARDS
    board = boards[0]
    if divided is not None:
        with progress("new: measuring models"):
            found, board = _fitting(found, divided, boards)
    file = write_project(folder, project_text(found, project_name(folder), folder, board))
    return Proposed(file, tuple(found.said), tuple(found.unsure), has_broken, divided is not None)


def _try(found: Found, on_progress: OnProgress) -> tuple[Divided | None, bool]:
    """Read the data as found says, in a folder of its own; what is wrong with them is not sure.

    Return what was read, None if nothing was, and whether some of it can only be left out.
    """
    with TemporaryDirectory(prefix="tinyml-new-") as name:
        place = Path(name, "trial")  # the data are not beside it, so that messages have their whole path
        place.mkdir()
        absolute = {
            key: str(Path(value).resolve()) if key in ("folder", "file") else value
            for key, value in found.options.items()
        }
        text = project_text(replace(found, options=absolute), "trial", place, _BOARDS[0])
        (place / FILE_NAME).write_text(text, encoding="utf-8")
        project, has_broken = load_project(place), False
        try:
            divided = divide_data(project, on_progress=on_progress)
        except InputError as error:
            _tell(found, error)
            has_broken = "broken" in error.facts
            try:
                divided = divide_data(project, skip_broken=True)
            except InputError as other:
                _tell(found, other)
                return None, has_broken and "broken" not in other.facts
    found.said += [note for note in divided.notes if note not in (*found.said, *found.unsure)]
    return divided, has_broken


def _tell(found: Found, error: InputError) -> None:
    """Add an error to what is not sure, once."""
    lines = [*error.message.splitlines(), *(error.hint or "").splitlines()]
    found.unsure += [line for line in lines if line not in found.unsure]


def _fitting(found: Found, divided: Divided, boards: Sequence[str]) -> tuple[Found, str]:
    """Return found with a family that fits a board, and the first board that it fits."""
    x, y = divided.parts["train"].x, divided.parts["train"].y
    inputs = tuple(x.shape[1:])
    outputs = len(divided.classes) or int(y.shape[1])
    shape = Shape(divided.task, inputs, prod(inputs) if divided.task == "anomaly" else outputs)
    for board in boards:
        for name in _candidates(found.family, len(inputs)):
            family = families()[name]
            try:
                measured = measure_family(family, family.options(), shape, load_board(board))
            except ToolMissingError as error:
                found.unsure.append(f"the model was not measured: {error.message}")
                return found, boards[0]
            except InputError:
                continue
            if measured.fit.fits:
                fit = measured.fit
                needs = f"{fit.ram_bytes:,} bytes of RAM, {fit.flash_bytes:,} of flash"
                found.said.append(f"{name} with its usual options fits {board}: {needs} ({_BESIDE})")
                return replace(found, family=name), board
    found.unsure.append("no usual model fits a board that is known: smaller inputs would help")
    return found, boards[-1]


def _candidates(family: str, rank: int) -> Iterator[str]:
    yield family
    smaller = _SMALLER.get(family)
    if smaller and families()[smaller].takes_rank(rank):
        yield smaller
