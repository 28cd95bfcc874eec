# SPDX-License-Identifier: Apache-2.0
"""What the live page shows: a project, or the model in a file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from toolkit import process
from toolkit.errors import InputError, TinymlError, UsageError
from toolkit.live.collection import Collection
from toolkit.live.desk import Desk
from toolkit.live.events import Events
from toolkit.live.grid import TestGrid
from toolkit.live.guard import MOST_BYTES
from toolkit.live.jobs import Jobs
from toolkit.live.trial import Setting
from toolkit.project.config import FILE_NAME, load_project
from toolkit.reading import read_file, require_file
from toolkit.runners.feeds import feedable_on
from toolkit.targets.board import Board, load_board, use_boards_of

PARTS = ("try", "collect", "train", "inside")
_OF_A_FILE = ("try", "inside")
_BOARD = "nano33ble"
_NO_PROJECT = UsageError("this is for a project.", hint="Try: tinyml live in its folder, without a file")


class Site:
    """What the page's addresses call. root is the project's folder, None where only a model's file is shown.

    parts are what the page has, brought the samples that lie on the desk from the start. With follows_file
    the board is that of the project's file, whenever this changes. skip_broken is for the steps.
    """

    def __init__(
        self,
        desk: Desk,
        events: Events,
        root: Path | None,
        parts: Sequence[str] = ("try",),
        *,
        follows_file: bool = False,
        skip_broken: bool = False,
    ) -> None:
        self.desk, self.events, self.root, self.parts = desk, events, root, parts
        self._follows_file, self._read_at = follows_file, 0
        self.brought: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.grid = TestGrid(root / "build" / "data") if root else None
        setting = desk.setting
        self._jobs = (
            Jobs(root, setting.board.name, events, setting.port, skip_broken=skip_broken) if root else None
        )
        self._collection = Collection(root) if root else None

    def state(self) -> dict[str, Any]:
        """Return what the page must know to draw itself."""
        self._follow_file()
        about: dict[str, Any] = {"project": self.root.name if self.root else None, "model": None}
        about["parts"], about["brought"] = list(self.parts), self.brought
        about["refused"] = self.refused
        about["board"], about["port"] = self.desk.setting.board.name, self.desk.setting.port
        about["sensors"] = [asdict(sensor) for sensor in feedable_on(self.board)]
        about["collects"] = self._collection.kind() if self._collection else None
        about["version"] = self.desk.version()
        if about["version"] is None:
            about["missing"] = self.desk.missing()
            return about
        trial = self.desk.trial()
        trial.warm()
        takes, shape = trial.file.takes, trial.file.shape
        about["model"] = trial.setting.model.name
        about["shape"], about["places"] = list(shape), list(trial.places)
        about["source"] = takes.source if takes else ""
        about["classes"] = list(takes.classes) if takes else []
        about["options"] = dict(takes.options) if takes else {}
        about["task"] = takes.task if takes else "regression"
        about["has_tests"] = bool(self.grid and (self.root / "build/data/dataset.json").is_file())  # type: ignore[operator]
        about["is_dark"] = None
        with suppress(TinymlError):
            about["is_dark"] = self.grid.border_is_dark() if self.grid and about["has_tests"] else None
        return about

    def after_change(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return what was said of a change of the project's file, after every page has heard of it."""
        self._follow_file()
        self.events.say({"event": "model"})
        return said

    def _follow_file(self) -> None:
        """Take the board that the project's file names now; a file that is wrong changes nothing."""
        if not self._follows_file or self.root is None or self._jobs is None:
            return
        with suppress(TinymlError, OSError):
            at = (self.root / FILE_NAME).stat().st_mtime_ns
            if at == self._read_at:
                return
            project = load_project(self.root)
            board, setting = load_board(project.firmware.board), self.desk.setting
            if board != setting.board:
                self.desk.use(replace(setting, board=board, made=project.build_dir / board.name))
                self._jobs.board = board.name
            self._read_at = at

    def tests(self, label: str, only_wrong: bool, page: int) -> dict[str, Any]:
        """Return a page of the grid of test samples."""
        return self._grid().page(self.desk.trial(), label, only_wrong, max(page, 0))

    def take_test(self, number: int) -> dict[str, Any]:
        """Put a test sample on the desk."""
        try:
            name, real = self._grid().sample(number)
        except IndexError as error:
            raise UsageError(f"there is no test sample {number}.") from error
        return self.desk.hold(name, real)

    @property
    def own_root(self) -> Path:
        """The project's folder. Raises UsageError without a project."""
        if self.root is None:
            raise _NO_PROJECT
        return self.root

    @property
    def board(self) -> Board:
        """The board that the firmware is for."""
        return self.desk.setting.board

    @property
    def jobs(self) -> Jobs:
        """The project's steps. Raises UsageError without a project."""
        if self._jobs is None:
            raise _NO_PROJECT
        self._follow_file()
        return self._jobs

    @property
    def collection(self) -> Collection:
        """The files of the project's data. Raises UsageError without a project."""
        if self._collection is None:
            raise _NO_PROJECT
        return self._collection

    def close(self) -> None:
        """End all that runs, builds too."""
        process.end_running()
        if self._jobs is not None:
            self._jobs.stop()
        self.desk.close()

    def _grid(self) -> TestGrid:
        if self.grid is None:
            raise _NO_PROJECT
        return self.grid


def open_site(
    model: Path | None,
    folder: Path,
    board: str | None,
    port: str | None,
    files: Sequence[Path] = (),
    parts: Sequence[str] = PARTS,
    *,
    skip_broken: bool = False,
) -> Site:
    """Return the site of a model's file, or without one of the project in folder; board is by name.

    files lie on the desk from the start; skip_broken is for the steps. Raises InputError for a model, a
    project or a board that is not there or cannot be taken, and if none of the files can; refused says why
    others are not on the desk.
    """
    site = _site(model, folder, board, port, parts, skip_broken)
    problems: list[TinymlError] = []
    for file in files:
        try:
            site.brought += site.desk.bring(str(file), read_file(file, MOST_BYTES))["samples"]
        except InputError as error:
            problems.append(error)
    if problems and not site.brought:
        raise problems[0]
    site.refused = ["\n".join(filter(None, (each.message, each.hint))) for each in problems]
    return site


def _site(
    model: Path | None,
    folder: Path,
    board: str | None,
    port: str | None,
    parts: Sequence[str],
    skip_broken: bool,
) -> Site:
    events = Events()
    if model is not None:
        require_file(model)
        setting = Setting(model, load_board(board or _BOARD), port)
        site = Site(Desk(setting, events.word), events, None, [part for part in parts if part in _OF_A_FILE])
        site.desk.trial()
        return site
    project = load_project(folder.resolve())
    use_boards_of(project.root)
    chosen = load_board(board or project.firmware.board)
    build = project.build_dir
    setting = Setting(build / "model.tflite", chosen, port, made=build / chosen.name)
    desk = Desk(setting, events.word)
    return Site(desk, events, project.root, parts, follows_file=board is None, skip_broken=skip_broken)
