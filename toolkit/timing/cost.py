# SPDX-License-Identifier: Apache-2.0
"""What a block of code costs a core."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BlockCost:
    """Cycles of a block if nothing jumps.

    refill is what leaving it by a jump adds, entry what jumping to it does.
    """

    cycles: int
    refill: int = 0
    entry: int = 0
