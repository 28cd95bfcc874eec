# SPDX-License-Identifier: Apache-2.0
"""The boards that differ from each other where firmware is built and emulated."""

from __future__ import annotations

from toolkit import paths
from toolkit.targets.board import board_names, load_board
from toolkit.tomlfile import load_table


def own_boards(*, emulated: bool = False) -> list[str]:
    """Return the boards but this computer, without those whose file says that they are like another one.

    emulated: only those that the emulator runs.
    """
    folder = paths.data_dir("boards")
    own = [name for name in board_names() if "like" not in load_table(folder / f"{name}.toml")]
    boards = [load_board(name) for name in own]
    return [b.name for b in boards if not b.is_host and (b.emulation is not None or not emulated)]
