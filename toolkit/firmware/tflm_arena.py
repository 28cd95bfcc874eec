# SPDX-License-Identifier: Apache-2.0
"""The least arena with which TensorFlow Lite Micro starts on a board, found with its firmware, emulated."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from toolkit.errors import InputError, TinymlError
from toolkit.firmware.sizes import symbol_values
from toolkit.targets.board import Board

_STEP = 16
"""Of TFLM's own alignment (micro_arena_constants.h)."""
_MOST_STEPS = 400_000_000
_SIZE, _READY, _START = "tm_tflm_arena_bytes", "tm_tflm_is_ready", "tm_model_init"


def can_find_least(board: Board) -> bool:
    """Return whether this computer can emulate the board."""
    return board.emulation is not None and importlib.util.find_spec("unicorn") is not None


def least_on_board(elf: Path, board: Board, most_bytes: int) -> int:
    """Return the least arena, a multiple of 16 bytes, with which the firmware elf prepares its model.

    The firmware has most_bytes of it, and is told to use fewer before it starts. What it computes then needs
    no more: TFLM plans all its memory at the start. Raises InputError if even most_bytes are not enough.
    """
    if not _starts_with(elf, board, most_bytes):
        raise InputError(
            f"TensorFlow Lite Micro does not start in {most_bytes:,} bytes of arena on {board.name}.",
            hint="Try: tflm_arena_bytes in the section [firmware], or a board with more RAM",
        )
    low, high = 0, -(-most_bytes // _STEP)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _starts_with(elf, board, middle * _STEP) else (middle, high)
    return min(high * _STEP, most_bytes)


def _starts_with(elf: Path, board: Board, arena_bytes: int) -> bool:
    from toolkit.emulator.machine import Machine, Stop

    symbols = symbol_values(elf)
    machine = Machine(elf, board)
    size = arena_bytes.to_bytes(4, "little")
    machine.watch(symbols[_START] & ~1, lambda: machine.write_memory(symbols[_SIZE], size))
    try:
        while machine.run(_MOST_STEPS) is Stop.OUTPUT:
            pass
    except TinymlError:  # a fault: some releases of TFLM run into one where memory is short
        return False
    return machine.read_memory(symbols[_READY], 1) == b"\x01"
