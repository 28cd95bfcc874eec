# SPDX-License-Identifier: Apache-2.0
"""Which of a board's methods is taken."""

from __future__ import annotations

from typing import NamedTuple

from toolkit.errors import InputError, ToolMissingError, UsageError
from toolkit.flash.method import Method, Usable, flash_methods
from toolkit.flash.program import Program
from toolkit.suggest import did_you_mean
from toolkit.targets.board import Board, Upload


class Way(NamedTuple):
    """A method with what the board file says for it."""

    upload: Upload
    method: Method

    @property
    def usable(self) -> Usable:
        """Whether what it needs is installed."""
        return self.method.usable(self.upload)


def ways(board: Board) -> list[Way]:
    """Return the board's methods in the order of its file. Raises InputError for one that nobody knows.

    A name that no file of toolkit/flash/methods/ has is a program that the board file says how to call.
    """
    known = flash_methods()
    found = []
    for upload in board.upload:
        if upload.tool not in known and not upload.command:
            raise InputError(
                f"boards/{board.name}.toml: upload: there is no method {upload.tool!r}, and no command is "
                f"given for a program. {did_you_mean(upload.tool, known)}"
            )
        found.append(Way(upload, known.get(upload.tool) or Program(upload.tool)))
    return found


def require_ways(board: Board) -> list[Way]:
    """Return the board's methods, as ways does. Raises InputError for a board that is not flashed."""
    every = ways(board)
    if not every:
        raise InputError(f"{board.name} is not flashed.", hint="Try: tinyml emulate")
    return every


def choose_way(board: Board, name: str | None = None) -> Way:
    """Return the method called name, or the first that can be used.

    Raises UsageError for an unknown one, ToolMissingError if what it needs is not installed, InputError for a
    board that is not flashed.
    """
    every = require_ways(board)
    names = [way.upload.tool for way in every]
    if name is not None and name not in names:
        raise UsageError(f"{board.name} has no upload method {name!r}. {did_you_mean(name, names)}")
    wanted = [way for way in every if name in (None, way.upload.tool)]
    for way in wanted:
        if way.usable:
            return way
    if name is not None:
        raise _unusable(wanted[0], every)
    tried = ", ".join(way.upload.tool for way in wanted)
    raise ToolMissingError(
        f"no tool to flash {board.name} is installed: looked for {tried}.",
        hint="\n".join(f"{way.upload.tool}: {way.usable.get}" for way in wanted),
    )


def _unusable(way: Way, every: list[Way]) -> ToolMissingError:
    """Return what to say of a method that was named, and which others can be used."""
    others = " or ".join(f"--method {each.upload.tool}" for each in every if each.usable)
    return ToolMissingError(
        f"{way.upload.tool} cannot be used here: {way.usable.lacks}.",
        hint=f"{way.upload.tool}: {way.usable.get}"
        + (f"\nOr: {others}, which can be used" if others else ""),
    )
