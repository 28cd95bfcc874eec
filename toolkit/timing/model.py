# SPDX-License-Identifier: Apache-2.0
"""The models of the cores by name, and how far they can be believed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from types import MappingProxyType

from toolkit.timing import cortex_m4, cortex_m7
from toolkit.timing.cost import BlockCost
from toolkit.timing.thumb import Instruction, decode

_MODELS: MappingProxyType[str, Callable[[Sequence[Instruction], int], BlockCost]] = MappingProxyType(
    {"cortex_m4": cortex_m4.block_cost, "cortex_m7": cortex_m7.block_cost}
)


def cost_of(name: str) -> Callable[[bytes, int], BlockCost] | None:
    """Return the model of that name: from code and its address to what it costs; None for the name "".

    There is also none without capstone, which decodes.
    """
    if not name or importlib.util.find_spec("capstone") is None:
        return None
    model = _MODELS[name]
    return lambda code, address: model(decode(code, address), address)
