# SPDX-License-Identifier: Apache-2.0
"""What can be flashed: an ELF file for a board, with its .bin and .hex beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from toolkit.targets.board import Board


class Built(Protocol):
    """A firmware, or no more than its file."""

    @property
    def elf(self) -> Path:
        """The ELF file."""

    @property
    def board(self) -> Board:
        """The board that it is to be put on."""


@dataclass(frozen=True)
class ElfFile:
    """A firmware of which only the file is known, as `pio run` leaves it."""

    elf: Path
    board: Board
