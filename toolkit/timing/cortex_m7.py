# SPDX-License-Identifier: Apache-2.0
"""Cortex-M7: in order, up to two instructions a cycle, code and data from cache or TCM.

ARM publishes no table. Source of the rules: Mark Owen's measurements on an STM32H730
(quinapalus.com/cm7cycles.html): which pairs issue together, and after how many cycles a result can be used.
Branches are taken to be predicted.
"""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.timing.cost import BlockCost
from toolkit.timing.thumb import Instruction, Kind

_MEMORY = (Kind.LOAD, Kind.STORE, Kind.MULTIPLE)
_ALONE = (Kind.MULTIPLE, Kind.DIVIDE, Kind.TABLE_BRANCH, Kind.BARRIER, Kind.SYSTEM, Kind.FPU_DIVIDE)
_OF_ONE_KIND = (
    Kind.MULTIPLY,
    Kind.DSP,
    Kind.SHIFTED,
    Kind.STORE,
    Kind.BRANCH,
    Kind.JUMP,
    Kind.FPU,
    Kind.FPU_MULTIPLY_ADD,
)
_LATENCY = {
    Kind.LOAD: 2,
    Kind.MULTIPLE: 2,
    Kind.MULTIPLY: 2,
    Kind.DIVIDE: 6,
    Kind.FPU: 3,
    Kind.FPU_MULTIPLY_ADD: 3,
    Kind.FPU_DIVIDE: 16,
}
_ISSUE = {Kind.DIVIDE: 3, Kind.BARRIER: 8, Kind.SYSTEM: 2, Kind.TABLE_BRANCH: 3}
_ADDRESS_EARLY = 1
_REFILL = {Kind.BRANCH: 1, Kind.JUMP: 4}


def block_cost(block: Sequence[Instruction], address: int) -> BlockCost:
    """Return what a block of instructions costs, wherever it stands."""
    ready: dict[str, int] = {}
    now, place = 0, 0
    while place < len(block):
        first = block[place]
        now = max(now, _start(first, ready))
        _note(first, now, ready)
        place += 1
        if place < len(block) and _pairs(first, block[place]) and _start(block[place], ready) <= now:
            _note(block[place], now, ready)
            place += 1
        now += _issue(first)
    refill = _REFILL.get(block[-1].kind, 4) if block else 0
    return BlockCost(now, refill)


def _pairs(first: Instruction, second: Instruction) -> bool:
    kinds = {first.kind, second.kind}
    if kinds & {*_ALONE} or first.writes & (second.reads | second.writes):
        return False
    if first.kind is second.kind and first.kind in _OF_ONE_KIND:
        return False
    if second.kind in (Kind.DSP, Kind.MULTIPLY):
        return False
    return not (first.kind in _MEMORY and second.kind in _MEMORY and Kind.STORE in kinds)


def _start(instruction: Instruction, ready: dict[str, int]) -> int:
    """Return the first cycle in which all that it reads is there; addresses are needed earlier."""
    late = max((ready.get(r, 0) for r in instruction.reads - instruction.base), default=0)
    early = max((ready.get(r, 0) + _ADDRESS_EARLY for r in instruction.base if r in ready), default=0)
    return max(late, early)


def _note(instruction: Instruction, now: int, ready: dict[str, int]) -> None:
    for register in instruction.writes:
        is_base = register in instruction.base and instruction.writes_base
        ready[register] = now + (1 if is_base else _LATENCY.get(instruction.kind, 1))


def _issue(instruction: Instruction) -> int:
    if instruction.kind is Kind.MULTIPLE:
        return max(1, (instruction.registers + 1) // 2)
    return _ISSUE.get(instruction.kind, 1)
