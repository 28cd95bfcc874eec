# SPDX-License-Identifier: Apache-2.0
"""Thumb code as the cycle models see it: what each instruction is, reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any

from toolkit.thumb import instruction_places

_LOADS = ("ldr", "ldrb", "ldrh", "ldrsb", "ldrsh")
_STORES = ("str", "strb", "strh")
_MULTIPLES = ("ldm", "stm", "push", "pop", "ldrd", "strd")
_MULTIPLIES = ("mul", "mla", "mls", "smul", "smla", "smm", "smus", "smua", "smls", "umull", "umlal", "umaal")
_DSP = ("ssat", "usat", "sel", "q", "sadd", "ssub", "uadd", "usub", "sh", "uh", "sxtab", "uxtab")
_SHIFTED = ("pkh", "sxt", "uxt", "bf", "sbfx", "ubfx", "lsl", "lsr", "asr", "ror", "rbit", "rev", "clz")
_COMPARED = ("cbz", "cbnz")
_CALLS = ("blx", "bx")
_CONDITIONS = ("eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le")


class Kind(Enum):
    """What an instruction is to a pipeline."""

    ALU = auto()
    SHIFTED = auto()
    DSP = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    LOAD = auto()
    STORE = auto()
    MULTIPLE = auto()
    BRANCH = auto()
    JUMP = auto()
    TABLE_BRANCH = auto()
    IT = auto()
    FPU = auto()
    FPU_MULTIPLY_ADD = auto()
    FPU_DIVIDE = auto()
    BARRIER = auto()
    SYSTEM = auto()


@dataclass(frozen=True)
class Instruction:
    """One instruction. registers is how many a MULTIPLE moves; base are the registers of an address.

    BRANCH goes to an address in the code, JUMP to one in a register or in memory. has_index: the address of
    a LOAD or STORE adds a register; writes_base: it also changes its base.
    """

    kind: Kind
    size: int
    reads: frozenset[str]
    writes: frozenset[str]
    base: frozenset[str] = frozenset()
    registers: int = 0
    has_index: bool = False
    writes_base: bool = False


def decode(code: bytes, address: int) -> tuple[Instruction, ...]:
    """Return the instructions of code, which starts at address; what capstone does not know is an ALU's."""
    disassembler = _disassembler()
    found = []
    for at, size in instruction_places(code):
        one = next(disassembler.disasm(code[at : at + size], address + at, 1), None)
        found.append(_plain(size) if one is None else _instruction(one))
    return tuple(found)


def _plain(size: int) -> Instruction:
    return Instruction(Kind.ALU, size, frozenset(), frozenset())


@cache
def _disassembler() -> Any:
    import capstone

    disassembler = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    disassembler.detail = True
    return disassembler


def _instruction(one: Any) -> Instruction:
    from capstone import arm

    name = one.mnemonic.split(".")[0]
    reads, writes = one.regs_access()
    read = frozenset(one.reg_name(r) for r in reads)
    written = frozenset(one.reg_name(r) for r in writes)
    kind = _kind(name)
    memory = [o.mem for o in one.operands if o.type == arm.ARM_OP_MEM]
    base = frozenset(one.reg_name(r) for m in memory for r in (m.base, m.index) if r)
    listed = [o for o in one.operands if o.type == arm.ARM_OP_REG]
    return Instruction(
        kind=kind,
        size=one.size,
        reads=read,
        writes=written,
        base=base,
        registers=_moved(name, listed) if kind is Kind.MULTIPLE else 0,
        has_index=any(m.index for m in memory),
        writes_base=bool(one.writeback),
    )


def _moved(name: str, registers: list[Any]) -> int:
    """Return how many registers move; a block transfer that is no PUSH or POP names its base as well."""
    return len(registers) - (1 if name.startswith(("ldm", "stm", "vldm", "vstm")) else 0)


def _kind(name: str) -> Kind:
    """Return the kind by the mnemonic without a data type (vmul of vmul.f32)."""
    if name.startswith("v"):
        return _fpu_kind(name)
    bare = _without_condition(name)
    for names, kind in (
        (_MULTIPLES, Kind.MULTIPLE),
        (_LOADS, Kind.LOAD),
        (_STORES, Kind.STORE),
        (("tbb", "tbh"), Kind.TABLE_BRANCH),
        (_CALLS, Kind.JUMP),
        (_COMPARED, Kind.BRANCH),
        (("sdiv", "udiv"), Kind.DIVIDE),
        (("dmb", "dsb", "isb"), Kind.BARRIER),
        (("msr", "mrs", "cpsid", "cpsie", "svc", "bkpt", "wfi", "wfe", "sev", "udf"), Kind.SYSTEM),
    ):
        if name in names or bare in names:
            return kind
    if name in ("b", "bl") or (name[:1] == "b" and name[1:] in _CONDITIONS):
        return Kind.BRANCH
    if bare.startswith("it") and set(bare[2:]) <= {"t", "e"}:
        return Kind.IT
    if bare.startswith(_MULTIPLIES):
        return Kind.MULTIPLY
    if bare.startswith(_DSP):
        return Kind.DSP
    return Kind.SHIFTED if bare.startswith(_SHIFTED) else Kind.ALU


def _fpu_kind(name: str) -> Kind:
    bare = _without_condition(name)
    if bare in ("vldr", "vstr"):
        return Kind.LOAD if bare == "vldr" else Kind.STORE
    if bare.startswith(("vldm", "vstm", "vpush", "vpop")):
        return Kind.MULTIPLE
    if bare.startswith(("vdiv", "vsqrt")):
        return Kind.FPU_DIVIDE
    if bare.startswith(("vmla", "vmls", "vfma", "vfms", "vnml", "vfnm")):
        return Kind.FPU_MULTIPLY_ADD
    return Kind.FPU


def _without_condition(name: str) -> str:
    """Return a mnemonic without the condition that capstone writes behind it within IT blocks."""
    return name[:-2] if len(name) > 3 and name[-2:] in _CONDITIONS else name
