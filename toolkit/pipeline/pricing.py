# SPDX-License-Identifier: Apache-2.0
"""What a project's .tflite takes on its board."""

from __future__ import annotations

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.pipeline.step import Context
from toolkit.quantization.mixed import Price
from toolkit.targets.target import target_of
from toolkit.verify.estimate import estimate_on


def price_on(context: Context) -> Price:
    """Return what times a .tflite on the project's board, as modelled.

    It raises InputError where that is not known.
    """
    board = context.board

    def price(content: bytes) -> float:
        found = estimate_on(compile_model(content, context.project.name, target_of(board)), board)
        if found.latency_ms is None:
            raise InputError(
                f"16 bits have no price on {board.name}: {found.reason}",
                hint='Try: a board whose cycles are modelled, or activations = "int8" in [quantization]',
            )
        return found.latency_ms

    return price
