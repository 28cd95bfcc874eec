# SPDX-License-Identifier: Apache-2.0
"""What a project's .tflite takes on its board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.project.stamps import digest_of
from toolkit.targets.board import Board
from toolkit.targets.target import target_of
from toolkit.verify.estimate import estimate_on


@dataclass(frozen=True)
class Pricing:
    """Times a .tflite of the project name on its board; code gives the hash of what a module depends on.

    A step that needs it for some projects alone has it from its context, so that a changed kernel makes only
    those stale.
    """

    name: str
    board: Board
    code: Callable[[str], str]

    def ms(self, content: bytes) -> float:
        """Return the modelled milliseconds of an inference. Raises InputError where they are not known."""
        return modelled_ms(content, self.name, self.board)

    @property
    def digest(self) -> str:
        """What a price follows from beside the .tflite."""
        return digest_of((self.board, self.code(__name__)))


def modelled_ms(content: bytes, name: str, board: Board) -> float:
    """Return the milliseconds of an inference of a .tflite. Raises InputError where they are not known."""
    found = estimate_on(compile_model(content, name, target_of(board)), board)
    if found.latency_ms is None:
        raise InputError(
            f"16 bits have no price on {board.name}: {found.reason}",
            hint='Try: a board whose cycles are modelled, or activations = "int8" in [quantization]',
        )
    return found.latency_ms
