# SPDX-License-Identifier: Apache-2.0
"""What a Keras model costs on a board by its layers alone: many can be compared before one is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from toolkit.models import Shape, untrained_copy
from toolkit.quantization.convert import Activations
from toolkit.sizing.measure import Measured, measure_model
from toolkit.targets.board import Board


@dataclass(frozen=True)
class Budget:
    """The most that a firmware may take; None is what the board has. latency_ms is that of an inference."""

    ram_bytes: int | None = None
    flash_bytes: int | None = None
    latency_ms: float | None = None

    def on(self, board: Board) -> Board:
        """Return board with no more memory than that: what is measured on it fits, or does not."""
        if board.memory is None:
            return board
        memory = board.memory
        ram = min(self.ram_bytes or memory.ram.bytes, memory.ram.bytes)
        flash = min(self.flash_bytes or memory.flash.bytes, memory.flash.bytes)
        smaller = replace(
            memory, ram=replace(memory.ram, bytes=ram), flash=replace(memory.flash, bytes=flash)
        )
        return replace(board, memory=smaller)


@dataclass(frozen=True)
class Cost:
    """What a model costs on a board. ram_bytes and flash_bytes are the whole firmware's, its code estimated.

    cycles and latency_ms are modelled, None where they are not known: reason says why, "" else.
    in_patches says that layers run in patches, as the arena would be too large otherwise.
    """

    macs: int
    parameters: int
    arena_bytes: int
    ram_bytes: int
    flash_bytes: int
    in_patches: bool
    cycles: int | None = None
    latency_ms: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        return asdict(self)

    @classmethod
    def of(cls, found: Measured) -> Cost:
        """Return what was measured."""
        time = found.time
        return cls(
            macs=found.macs,
            parameters=found.parameters,
            arena_bytes=found.arena_bytes,
            ram_bytes=found.fit.ram_bytes,
            flash_bytes=found.fit.flash_bytes,
            in_patches=found.in_patches,
            cycles=time.cycles if time else None,
            latency_ms=time.latency_ms if time else None,
            reason=time.reason if time else "nobody asked for the time.",
        )


def cost_of(model: Any, board: Board, activations: Activations = "int8", *, is_timed: bool = True) -> Cost:
    """Return what the Keras model costs on board, which has a memory, whatever its weights are.

    A copy of its layers with random weights is quantized and compiled; is_timed emulates an inference too, if
    it fits. Equal layers are measured once: their figures are kept in the cache. The model is not changed.
    Raises InputError, UnsupportedError among them, if its layers cannot be quantized or compiled.
    """
    outputs = model.output_shape[-1]
    shape = Shape("regression", tuple(model.input_shape[1:]), outputs)
    copy = untrained_copy(model)
    identity = ("layers", copy.to_json())  # without how the model was trained
    return Cost.of(measure_model(lambda: copy, identity, shape, board, activations, is_timed=is_timed))
