# SPDX-License-Identifier: Apache-2.0
"""Machines with a small image in flash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.small_image import build_small_image

from toolkit.emulator.machine import Machine
from toolkit.targets.board import Board, load_board
from toolkit.timing.model import Counts

MakeMachine = Callable[..., Machine]


@pytest.fixture
def make_machine(tmp_path: Path) -> MakeMachine:
    """Return a function from C source to a machine with it in flash."""

    def make(
        source: str,
        board: str | Board = "nano33ble",
        *,
        native: bool | None = None,
        counts: Counts = "instructions",
    ) -> Machine:
        chosen = load_board(board) if isinstance(board, str) else board
        image = build_small_image(source, chosen, tmp_path)
        return Machine(image, chosen, native_counter=native, counts=counts)

    return make
