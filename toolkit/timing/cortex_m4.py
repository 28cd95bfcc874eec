# SPDX-License-Identifier: Apache-2.0
"""Cortex-M4: three stages, one instruction at a time, memory without wait states.

Source: ARM DDI 0439D (Cortex-M4 Technical Reference Manual), 3.3.1 the cycles of each instruction,
3.3.2 load and store timings, and chapter 7 the FPU's. What is chosen where it gives a range is named below.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.timing.cost import BlockCost
from toolkit.timing.thumb import Instruction, Kind

_CYCLES = {
    Kind.DIVIDE: 7,  # 2 to 12, by the operands; the middle
    Kind.LOAD: 2,
    Kind.STORE: 1,  # its data phase goes on beside the next instruction
    Kind.TABLE_BRANCH: 2,
    Kind.FPU_MULTIPLY_ADD: 3,
    Kind.FPU_DIVIDE: 14,
    Kind.BARRIER: 3,  # 1 + B; B is not said
    Kind.SYSTEM: 2,  # 1 or 2
}
_DIRECT, _INDIRECT = 1, 2  # P is 1 to 3: where the address is in the code, it is known one cycle earlier
_STORED_BY_INDEX = 2
_ARITHMETIC = (Kind.FPU, Kind.FPU_MULTIPLY_ADD, Kind.FPU_DIVIDE)


def block_cost(block: Sequence[Instruction], address: int) -> BlockCost:
    """Return what a block of instructions at address costs."""
    cycles, before = 0, None
    for instruction in block:
        cycles += _cycles(instruction, before)
        before = instruction
    return BlockCost(cycles, _refill(block), _entry(block, address))


def _cycles(instruction: Instruction, before: Instruction | None) -> int:
    if instruction.kind is Kind.MULTIPLE:
        return 1 + instruction.registers
    cycles = _CYCLES.get(instruction.kind, 1)
    if instruction.kind is Kind.STORE and instruction.has_index:
        cycles = _STORED_BY_INDEX
    if instruction.kind in (Kind.LOAD, Kind.STORE) and cycles > 1 and _follows(instruction, before):
        cycles -= 1
    if before is not None and _waits_for_fpu(instruction, before):
        cycles += 1
    return cycles


def _follows(instruction: Instruction, before: Instruction | None) -> bool:
    """Whether the address phase runs beside the data phase of the load before it."""
    if before is None or before.kind is not Kind.LOAD or before.writes_base:
        return False
    return not before.writes & instruction.base


def _waits_for_fpu(instruction: Instruction, before: Instruction) -> bool:
    is_both = before.kind in _ARITHMETIC and instruction.kind in _ARITHMETIC
    return is_both and bool(before.writes & instruction.reads)


def _refill(block: Sequence[Instruction]) -> int:
    if not block:
        return 0
    return _DIRECT if block[-1].kind is Kind.BRANCH else _INDIRECT


def _entry(block: Sequence[Instruction], address: int) -> int:
    """A wide instruction across two words takes a second fetch before it can be decoded."""
    return 1 if block and block[0].size == 4 and address % 4 else 0
