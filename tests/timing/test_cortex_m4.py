# SPDX-License-Identifier: Apache-2.0
"""The Cortex-M4's cycles against the examples and the table of its manual (ARM DDI 0439D, 3.3)."""

from __future__ import annotations

import pytest

from toolkit.timing.cortex_m4 import block_cost
from toolkit.timing.thumb import decode

# Machine code by arm-none-eabi-as.
CASES = [
    ("ldr r0,[r1]; ldr r1,[r2]", "08681168", 3),
    ("ldr r0,[r1,r2]; str r0,[r3,#20]", "88585861", 3),
    ("ldr r0,[r1,r2]; str r1,[r3,r2]", "88589950", 3),
    ("ldr r0,[r1,r5]; ldr r1,[r2]; ldr r2,[r3,#4]", "485911685a68", 4),
    ("ldr r0,[r1]; ldr r2,[r0]: the address waits", "08680268", 4),
    ("ldr r0,[r1],#4; ldr r2,[r3]: a base that changes", "51f8040b1a68", 4),
    ("ldrd r2,r3,[r1]", "d1e90023", 3),
    ("ldmia r0!,{r1-r4}", "1ec8", 5),
    ("push {r4,r5,lr}", "30b5", 4),
    ("pop {r4,r5,pc}", "30bd", 4),
    ("smlad; smull; ssat; sxtb16", "22fb030182fb030101f307002ffa83f2", 4),
    ("cmp; it eq; moveq", "012808bf0220", 3),
    ("vmla.f32", "00ee810a", 3),
    ("vadd.f32 s0; vmul.f32 of s0: it waits", "30ee810a60ee021a", 3),
    ("vldr s0,[r0]", "90ed000a", 2),
    ("vdiv.f32", "80ee810a", 14),
    ("str r0,[r1],#4; strb r0,[r1]", "41f8040b0870", 2),
]


@pytest.mark.parametrize(("text", "code", "cycles"), CASES, ids=[case[0] for case in CASES])
def test_a_block_costs_what_the_manual_says(text: str, code: str, cycles: int) -> None:
    assert block_cost(decode(bytes.fromhex(code), 0x100), 0x100).cycles == cycles


def test_a_division_takes_two_to_twelve_cycles() -> None:
    assert 2 <= block_cost(decode(bytes.fromhex("b1fbf2f0"), 0), 0).cycles <= 12


@pytest.mark.parametrize(
    ("text", "code", "refill"),
    [("subs; bne", "0138fed1", 1), ("bx lr", "7047", 2), ("pop {pc}", "00bd", 2), ("tbb", "dfe800f0", 2)],
)
def test_leaving_by_a_jump_refills_the_pipeline(text: str, code: str, refill: int) -> None:
    assert block_cost(decode(bytes.fromhex(code), 0), 0).refill == refill


def test_a_wide_instruction_across_words_takes_a_second_fetch() -> None:
    wide = decode(bytes.fromhex("d1e90023"), 0)
    assert (block_cost(wide, 0x100).entry, block_cost(wide, 0x102).entry) == (0, 1)


def test_data_among_code_is_no_error() -> None:
    for start in range(0, 0x10000, 7):
        code = start.to_bytes(2, "little") * 3
        assert block_cost(decode(code, 0), 0).cycles > 0
