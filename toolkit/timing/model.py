# SPDX-License-Identifier: Apache-2.0
"""The models of the cores by name, and how far they can be believed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Literal

from toolkit.timing import cortex_m0plus, cortex_m4, cortex_m7
from toolkit.timing.cost import BlockCost
from toolkit.timing.flash import FlashTiming
from toolkit.timing.thumb import Instruction, decode

_MODELS: MappingProxyType[str, Callable[[Sequence[Instruction], int], BlockCost]] = MappingProxyType(
    {
        "cortex_m0plus": cortex_m0plus.block_cost,
        "cortex_m4": cortex_m4.block_cost,
        "cortex_m7": cortex_m7.block_cost,
    }
)
_ERRORS: MappingProxyType[str, float] = MappingProxyType({"cortex_m4": 0.09})

Counts = Literal["instructions", "cycles", "flash_waits"]
"""What an emulated core's cycle counter counts. "flash_waits" are the cycles that the core waits for the
board's flash, on top of the instructions: a counter that stands still while nothing waits would hold up
whatever looks at it to pass time. waits_of() takes the instructions off again."""


def waits_of(counted: Sequence[int | None], instructions: Sequence[int | None]) -> list[int | None]:
    """Return the waits alone, from what "flash_waits" and "instructions" count of the same code."""
    pairs = zip(counted, instructions, strict=True)
    return [None if both is None or one is None else both - one for both, one in pairs]


def latency_error(name: str, flash: FlashTiming | None) -> float | None:
    """Return how far milliseconds by the model of that name may be off, as a share; None if nobody knows.

    The largest difference from what was published of the same C on a board: docs/cycle-model.md. It was
    measured with the waits for flash: nobody knows it without them.
    """
    return _ERRORS.get(name) if flash is not None else None


def cost_of(name: str) -> Callable[[bytes, int], BlockCost] | None:
    """Return the model of that name: from code and its address to what it costs; None for the name "".

    There is also none without capstone, which decodes.
    """
    if not name or importlib.util.find_spec("capstone") is None:
        return None
    model = _MODELS[name]
    return lambda code, address: model(decode(code, address), address)
