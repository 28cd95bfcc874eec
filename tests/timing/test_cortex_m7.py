# SPDX-License-Identifier: Apache-2.0
"""The Cortex-M7's pairs: what issues together, and what waits for a result."""

from __future__ import annotations

import pytest

from toolkit.timing.cortex_m7 import block_cost
from toolkit.timing.thumb import decode

# Machine code by arm-none-eabi-as.
CASES = [
    ("add r0,r1; add r2,r3: a pair", "08441a44", 1),
    ("add r0,r1; add r2,r0: the second waits", "08440244", 2),
    ("smlad; add: a pair", "22fb03012c44", 1),
    ("add; smlad: a multiplication does not go second", "2c4422fb0301", 2),
    ("ldr r0,[r1]; ldr r1,[r2]: two loads", "08681168", 1),
    ("ldr r0,[r1]; ldr r2,[r0]: the address waits", "08680268", 4),
    ("push {r4,r5,lr}", "30b5", 2),
]


@pytest.mark.parametrize(("text", "code", "cycles"), CASES, ids=[case[0] for case in CASES])
def test_a_block_costs_what_was_measured(text: str, code: str, cycles: int) -> None:
    assert block_cost(decode(bytes.fromhex(code), 0), 0).cycles == cycles
