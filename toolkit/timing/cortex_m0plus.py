# SPDX-License-Identifier: Apache-2.0
"""Cortex-M0+: two stages, one instruction at a time, memory without wait states.

With the multiplier of one cycle; the other one, which a chip may have, takes 32. A load or store takes two
cycles, as from memory, never the one of the single-cycle I/O port.
Source: ARM DDI 0484C (Cortex-M0+ Technical Reference Manual), table 3-1.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.timing.cost import BlockCost
from toolkit.timing.thumb import Instruction, Kind

_CYCLES = {Kind.LOAD: 2, Kind.STORE: 2, Kind.BARRIER: 3, Kind.SYSTEM: 3}
_JUMP, _FAR_JUMP = 1, 2  # what a jump that is taken adds; BL, and POP with PC


def block_cost(block: Sequence[Instruction], address: int) -> BlockCost:
    """Return what a block of instructions at address costs."""
    del address  # the manual knows no difference
    return BlockCost(sum(map(_cycles, block)), _refill(block[-1]) if block else 0)


def _cycles(instruction: Instruction) -> int:
    if instruction.kind is Kind.MULTIPLE:
        return 1 + instruction.registers
    return _CYCLES.get(instruction.kind, 1)


def _refill(last: Instruction) -> int:
    is_call = last.kind is Kind.BRANCH and last.size == 4
    return _FAR_JUMP if is_call or last.kind is Kind.MULTIPLE else _JUMP
