# SPDX-License-Identifier: Apache-2.0
"""What Thumb instructions do to the stack, and whom they call.

Only these are decoded; everything else has a length alone. Source: ARM DDI 0403E, A5 and A7; ARM DDI 0553
(ARMv8.1-M) for loops, branches to come, and MVE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from toolkit.thumb import instruction_places

_SP = 13
_LR = 14


@dataclass(frozen=True)
class Effect:
    """What one instruction does: bytes it takes from the stack, where it goes, what cannot be told.

    target is the address of a direct call or branch, -1 if there is none; is_indirect is a call or
    jump by register; is_unbounded moves the stack pointer by an amount that is not in the code.
    """

    stack_bytes: int = 0
    target: int = -1
    is_indirect: bool = False
    is_unbounded: bool = False


_NOTHING = Effect()


def instructions(code: bytes, address: int) -> Iterator[tuple[int, int, int]]:
    """Yield the address and the two halfwords of each instruction of code, which starts at address.

    The second halfword of a narrow one is -1, of a wide one that is cut off at the end 0.
    """
    for at, size in instruction_places(code):
        second = int.from_bytes(code[at + 2 : at + 4], "little") if size == 4 else -1
        yield address + at, int.from_bytes(code[at : at + 2], "little"), second


def effects(code: bytes, address: int, word_at: Callable[[int], int | None]) -> Iterator[Effect]:
    """Yield what each instruction of code, which starts at address, does.

    word_at gives the constant that stands at an address beside the code, None if there is none. A frame that
    is too large for an instruction of ARMv6-M is such a constant: LDR register, then ADD SP, register. A
    switch jumps by MOV PC or ADD PC within its function.
    """
    loaded: dict[int, int | None] = {}
    for place, first, second in instructions(code, address):
        if second < 0 and first & 0xFF87 == 0x4485:  # ADD SP, register
            yield _added(loaded.get(first >> 3 & 0xF))
            continue
        yield _narrow(first, place + 4) if second < 0 else _wide(first, second, place + 4)
        if second < 0 and first & 0xF800 == 0x4800:  # LDR register, from beside the code
            loaded[first >> 8 & 7] = word_at((place + 4 & ~3) + 4 * (first & 0xFF))
        else:
            _forget(loaded, first, second)


def _added(constant: int | None) -> Effect:
    if constant is None:
        return Effect(is_unbounded=True)
    return Effect((1 << 32) - constant) if constant >> 31 else _NOTHING


def _forget(loaded: dict[int, int | None], first: int, second: int) -> None:
    """Drop what an instruction may change: what could be its destination; POP, LDM and calls change all."""
    if second >= 0 or first & 0xFE00 == 0xBC00 or first & 0xF800 == 0xC800 or first & 0xFF00 == 0x4700:
        loaded.clear()
    loaded.pop(first & 7, None)
    loaded.pop(first >> 8 & 7, None)


def _narrow(word: int, pc: int) -> Effect:
    if word & 0xFE00 == 0xB400:  # PUSH
        return Effect(4 * (word & 0x1FF).bit_count())
    if word & 0xFF80 == 0xB080:  # SUB SP, #imm
        return Effect(4 * (word & 0x7F))
    if word & 0xF800 == 0xE000:  # B
        return Effect(target=pc + _signed(word & 0x7FF, 11) * 2)
    if word & 0xF000 == 0xD000 and (word >> 8) & 0xF < 0xE:  # B<c>
        return Effect(target=pc + _signed(word & 0xFF, 8) * 2)
    if word & 0xFF07 == 0x4700:  # BX, BLX: a return if BX LR
        return Effect(is_indirect=word != 0x4700 | _LR << 3)
    if word & 0xFF87 == 0x4685:  # MOV SP, register
        return Effect(is_unbounded=True)
    return _NOTHING


def _wide(first: int, second: int, pc: int) -> Effect:
    if first & 0xF800 == 0xF000 and second & 0x8000:
        return _branch(first, second, pc)
    if first == 0xE92D:  # PUSH.W
        return Effect(4 * second.bit_count())
    if first == 0xF84D and second & 0x0F00 == 0x0D00:  # STR to [SP, #-imm]!
        return Effect(second & 0xFF)
    if first == 0xE96D:  # STRD to [SP, #-imm]!
        return Effect(4 * (second & 0xFF))
    if first & 0xFFBF == 0xED2D and second & 0x0E00 == 0x0A00:  # VPUSH
        return Effect(4 * (second & 0xFF))
    if first & 0xFEAF == 0xEC2D and second & 0x1E00 == 0x1E00:  # MVE's VSTR or VLDR, SP less #imm
        return Effect((second & 0x7F) << (second >> 7 & 3))
    if first & 0xFBEF == 0xF1AD and second & 0x8F00 == _SP << 8:  # SUB.W SP, SP, #const
        return Effect(_expand(_immediate12(first, second)))
    if first & 0xFBFF == 0xF2AD and second & 0x8F00 == _SP << 8:  # SUBW SP, SP, #imm
        return Effect(_immediate12(first, second))
    if first & 0xFFE0 == 0xEBA0 and second & 0x0F00 == _SP << 8:  # SUB SP, register
        return Effect(is_unbounded=True)
    return _NOTHING


def is_loop_or_future(second: int) -> bool:
    """Return whether a branch of two halfwords is one of ARMv8.1-M's: of a loop, or one to come.

    As BLX to ARM code it would be undefined; no Cortex-M has that.
    """
    return second & 0xD001 == 0xC001


def _branch(first: int, second: int, pc: int) -> Effect:
    if is_loop_or_future(second):  # WLS, DLS, LE, VCTP: within the function; BF, BFX, BFL: to anywhere
        return Effect(is_indirect=first & 0x0780 != 0)
    if second & 0x5000 == 0:  # B<c>.W, or a system instruction where the condition is 111x
        if (first >> 6) & 0xE == 0xE:
            return _NOTHING
        bits = (first >> 10 & 1) << 19 | (second >> 11 & 1) << 18 | (second >> 13 & 1) << 17
        offset = bits | (first & 0x3F) << 11 | second & 0x7FF
        return Effect(target=pc + _signed(offset, 20) * 2)
    if second & 0x1000 == 0:  # BLX, to ARM code
        pc &= ~3
    sign = first >> 10 & 1
    i1, i2 = (1 - ((second >> place & 1) ^ sign) for place in (13, 11))
    offset = sign << 23 | i1 << 22 | i2 << 21 | (first & 0x3FF) << 11 | second & 0x7FF
    return Effect(target=pc + _signed(offset, 24) * 2)


def _immediate12(first: int, second: int) -> int:
    return (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF


def _expand(immediate: int) -> int:
    """Return the constant of a modified immediate (ThumbExpandImm)."""
    low = immediate & 0xFF
    if immediate >> 10 == 0:
        return (low, low << 16 | low, low << 24 | low << 8, low * 0x01010101)[immediate >> 8 & 3]
    rotation, value = immediate >> 7, 0x80 | immediate & 0x7F
    return (value >> rotation | value << (32 - rotation)) & 0xFFFFFFFF


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
