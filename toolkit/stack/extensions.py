# SPDX-License-Identifier: Apache-2.0
"""Which Thumb instructions belong to an extension that a core may lack.

Source: ARM DDI 0403E (ARMv7-M), A5.3, A6 and A7; ARM DDI 0553 (ARMv8-M) for FPv5 in VRINT, VSEL and VMAXNM;
ARM DDI 0419E (ARMv6-M), A5.2 and A5.3; ARM DDI 0553 (ARMv8.1-M) for MVE and loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from toolkit.stack.image import read_pieces
from toolkit.stack.thumb import instructions, is_loop_or_future

DSP, SINGLE, DOUBLE, FPV5, NEON, THUMB_2 = "dsp", "single", "double", "fpv5", "neon", "thumb-2"
VECTORS, LOOPS = "vectors", "loops"
_WORDS = {
    THUMB_2: "ARMv7-M",
    DSP: "the DSP extension",
    SINGLE: "a floating-point unit",
    DOUBLE: "a floating-point unit with double precision",
    FPV5: "a floating-point unit of version 5",
    NEON: "Neon, which no Cortex-M has",
    VECTORS: "MVE (or Neon, which no Cortex-M has)",
    LOOPS: "ARMv8.1-M",
}
_V6M = "armv6m"
_GIVES = {
    "dsp": {DSP},
    "fpv4-sp": {SINGLE},
    "fpv5-sp": {SINGLE, FPV5},
    "fpv5-dp": {SINGLE, FPV5, DOUBLE},
    "mve": {VECTORS, LOOPS},
}
"""What a feature of toolkit/targets/cores.py brings along."""
_MULTIPLIES = ("", "SMLAxy", "SMLAD", "SMLAWy", "SMLSD", "SMMLA", "SMMLS", "USADA8")
_LONG = {(4, 0x8): "SMLALxy", (4, 0xC): "SMLALD", (5, 0xC): "SMLSLD", (6, 0x4): "UMAAL"}
_EXTENDS = ("SXTAH", "UXTAH", "SXTAB16", "UXTAB16", "SXTAB", "UXTAB")


@dataclass(frozen=True)
class Foreign:
    """An instruction that a core does not have: what it is, where it stands, what has it."""

    name: str
    function: str
    address: int
    needs: str


def foreign_instructions(elf: Path, features: tuple[str, ...], isa: str = "") -> list[Foreign]:
    """Return the instructions of an ELF that a core with these features and this isa lacks, in their order.

    Raises InputError for what is no ELF.
    """
    there = set().union(*(_GIVES.get(feature, set()) for feature in features))
    found = []
    for function, start, code in read_pieces(elf):
        for address, first, second in instructions(code, start):
            name, extension = extension_of(first, second) if second >= 0 else ("", "")
            if isa == _V6M and not extension and not is_of_v6m(first, second):
                name, extension = "a Thumb-2 instruction", THUMB_2
            if extension and extension not in there:
                found.append(Foreign(name, function, address, _WORDS[extension]))
    return found


def extension_of(first: int, second: int) -> tuple[str, str]:
    """Return the name and the extension of an instruction of two halfwords; "" where every core has it."""
    if first & 0xEC00 == 0xEC00:
        return _coprocessor(first, second)
    if first & 0xFF10 == 0xF900:
        return "VLDn or VSTn", NEON
    if first & 0xF800 == 0xF000 and is_loop_or_future(second):
        return "a loop", LOOPS
    name = _dsp(first, second)
    return (name, DSP) if name else ("", "")


def is_of_v6m(first: int, second: int) -> bool:
    """Return whether ARMv6-M has an instruction; second is -1 for a narrow one."""
    if second < 0:
        is_cbz = first & 0xF500 == 0xB100
        is_it = first & 0xFF00 == 0xBF00 and first & 0xF != 0
        return not is_cbz and not is_it
    is_bl = first & 0xF800 == 0xF000 and second & 0xD000 == 0xD000
    is_barrier = first == 0xF3BF and second & 0xFFC0 == 0x8F40  # DSB, DMB, ISB
    is_special = first & 0xFFE0 in (0xF380, 0xF3E0) and second & 0xD000 == 0x8000  # MSR, MRS
    return (
        is_bl or is_barrier or is_special or (first & 0xFFF0 == 0xF7F0 and second & 0xF000 == 0xA000)
    )  # UDF


def _dsp(first: int, second: int) -> str:
    group, op1, op2 = first & 0xFF80, first >> 4 & 7, second >> 4 & 0xF
    if group == 0xFB00:
        return _MULTIPLIES[op1]
    if group == 0xFB80:
        return _LONG.get((op1, op2 & 0xC), "") if op2 not in (0, 0xF) else ""
    if group == 0xFA80 and op2 < 8:
        return "an addition in parallel"
    if group == 0xFA80 and op2 & 0xC == 8:
        return {0: "QADD", 2: "SEL"}.get(op1 & 3, "") if op1 < 4 else ""
    if group == 0xFA00 and op2 & 8 and op1 < len(_EXTENDS):
        is_plain = first & 0xF == 0xF and not _EXTENDS[op1].endswith("16")
        return "" if is_plain else _EXTENDS[op1]
    if first & 0xFFF0 == 0xEAC0:
        return "PKH"
    if first & 0xFF70 == 0xF320 and not second & 0xF0C0:
        return "SSAT16" if first & 0x80 == 0 else "USAT16"
    return ""


def _coprocessor(first: int, second: int) -> tuple[str, str]:
    """Name what runs on the floating-point unit, coprocessors 10 and 11, or on MVE in its place."""
    if first & 0xEF00 == 0xEF00 or second & 0x0E00 == 0x0E00:
        return "a vector instruction", VECTORS
    if second & 0x0E00 != 0x0A00:
        return "", ""
    if (
        first & 0xEF00 != 0xEE00 or second & 0x10
    ):  # loads, stores and moves take pairs without double precision
        return "an FPU instruction", SINGLE
    op, low = first & 0xFFBF, second & 0x0ED0
    if second & 0x100 or (op == 0xEEB7 and low == 0x0AC0):
        return "an FPU instruction on doubles", DOUBLE
    is_rounding = (op, low) in ((0xEEB6, 0x0A40), (0xEEB6, 0x0AC0), (0xEEB7, 0x0A40))
    if first & 0xFF00 == 0xFE00 or is_rounding:
        return "VRINT, VSEL or VMAXNM", FPV5
    return "an FPU instruction", SINGLE
