# SPDX-License-Identifier: Apache-2.0
"""The Cortex-M0+'s cycles against the table of its manual (ARM DDI 0484C, table 3-1)."""

from __future__ import annotations

import pytest

from toolkit.timing.cortex_m0plus import block_cost
from toolkit.timing.thumb import decode

# Machine code by arm-none-eabi-as; the last number is what it takes if it is a jump that is taken.
CASES = [
    ("ldr r0,[r1]; ldr r1,[r2]: each takes two", "08681168", 4, 5),
    ("strb r0,[r1,r2]", "8854", 2, 3),
    ("ldmia r0!,{r1-r4}", "1ec8", 5, 7),
    ("push {r4,r5,lr}", "30b5", 4, 6),
    ("muls r0,r1", "4843", 1, 2),
    ("pop {r4,r5,pc}: 3 + N", "30bd", 4, 6),
    ("subs; bne: 1 or 2", "0138fed1", 2, 3),
    ("b: 2", "fee7", 1, 2),
    ("bl: 3", "fff7feff", 1, 3),
    ("bx lr: 2", "7047", 1, 2),
    ("mov pc,r1: 2", "8f46", 1, 2),
    ("mrs; dmb", "eff30080bff35f8f", 6, 7),
]


@pytest.mark.parametrize(("text", "code", "cycles", "taken"), CASES, ids=[case[0] for case in CASES])
def test_a_block_costs_what_the_manual_says(text: str, code: str, cycles: int, taken: int) -> None:
    cost = block_cost(decode(bytes.fromhex(code), 0x100), 0x100)
    assert (cost.cycles, cost.cycles + cost.refill + cost.entry) == (cycles, taken)


def test_no_code_costs_nothing() -> None:
    assert block_cost((), 0).cycles == 0
