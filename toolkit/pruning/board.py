# SPDX-License-Identifier: Apache-2.0
"""The board that a pruning's targets are for."""

from __future__ import annotations

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.project.config import Project
from toolkit.targets.board import Board, load_board


def pruning_board(name: str) -> Board:
    """Return the board. Raises InputError if there is none, or if it cannot say what a model costs."""
    board = load_board(name)
    if board.memory is None:
        raise InputError(
            f"{name} has no memory to fit into: nothing says what a model costs there.",
            hint="Try: tinyml prune --board nano33ble, for the targets alone",
        )
    return board


def board_of(project: Project) -> Board:
    """Return the board of [training.prune], else the project's. Raises InputError with the line, as above."""
    name = project.training.prune.board
    try:
        return pruning_board(name or project.firmware.board)
    except InputError as error:
        if not name:
            raise
        found = tomlfile.error_at(project.file, ("training", "prune", "board"), error.message)
        found.hint = error.hint
        raise found from error
