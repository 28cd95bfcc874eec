# SPDX-License-Identifier: Apache-2.0
"""Whether a firmware with a model would fit a board: an estimate, as nothing is built."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.targets.board import Board

# Measured on the firmware of the boards, with gcc 12 -O2; tests/inspection keeps them near.
_RUNTIME_FLASH_BYTES = 15_500
_RUNTIME_RAM_BYTES = 2_600
_USB_FLASH_BYTES = 4_300
_USB_RAM_BYTES = 1_400
_KERNEL_BYTES = 1_100
_CALL_BYTES = 60


@dataclass(frozen=True)
class Needs:
    """What of a model takes memory: tables are what the toolkit computed, beside the weights."""

    arena_bytes: int
    weights_bytes: int
    table_bytes: int
    input_bytes: int
    kernels: int
    layers: int


@dataclass(frozen=True)
class BoardFit:
    """What the firmware would take of a board, estimated, and what is there.

    keeps_input says that ram_bytes has a copy of the input, which is kept where there is room for it.
    """

    board: str
    flash_bytes: int
    flash_limit_bytes: int
    ram_bytes: int
    ram_limit_bytes: int
    keeps_input: bool = False

    @property
    def fits(self) -> bool:
        """Whether both are enough."""
        return self.flash_bytes <= self.flash_limit_bytes and self.ram_bytes <= self.ram_limit_bytes


def fit_on(board: Board, needs: Needs) -> BoardFit:
    """Return what a firmware with such a model takes of board, which has a memory.

    RAM: the arena, the board's stack, the runtime, and a copy of the input if it still fits.
    Flash: weights and tables to the byte, the runtime and the kernels as they commonly are.
    """
    assert board.memory is not None
    code = _RUNTIME_FLASH_BYTES + _KERNEL_BYTES * needs.kernels + _CALL_BYTES * needs.layers
    ram = _RUNTIME_RAM_BYTES + board.memory.stack_bytes + needs.arena_bytes
    if board.usb.own_plug:
        code, ram = code + _USB_FLASH_BYTES, ram + _USB_RAM_BYTES
    keeps_input = ram + needs.input_bytes <= board.memory.ram.bytes
    return BoardFit(
        board=board.name,
        flash_bytes=code + needs.weights_bytes + needs.table_bytes,
        flash_limit_bytes=board.memory.flash.bytes,
        ram_bytes=ram + (needs.input_bytes if keeps_input else 0),
        ram_limit_bytes=board.memory.ram.bytes,
        keeps_input=keeps_input,
    )
