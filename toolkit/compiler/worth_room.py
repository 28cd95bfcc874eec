# SPDX-License-Identifier: Apache-2.0
"""Faster variants beyond the usual room for scratch, where the time that they save is worth the RAM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolkit.ir.graph import Graph
from toolkit.memory.layout import arena_in_order
from toolkit.ops.shared.operator import Variant
from toolkit.ops.shared.variants import with_variants
from toolkit.targets.target import Target

# Half of a model's time is worth 4 KiB more of arena, a tenth 820 bytes.
_BYTES_FOR_ALL = 8192
# A small share of the RAM of every board with such a core: the smallest has 256 KiB.
_SMALL_ARENA = 16384
# Less is not worth a plan of the arena.
_LEAST_SHARE = 0.02


def use_worthwhile_room(
    graph: Graph, chosen: Sequence[Variant], options: Sequence[Sequence[Variant]], target: Target
) -> list[Variant]:
    """Return chosen, the variants of graph's operations, with faster ones of options where that is worth it.

    The arena stays within 16 KiB and grows by at most 8 KiB times the share of the model's time that is
    saved. What saves most is tried first, what has a larger table than it could have at last.
    """
    best = list(chosen)
    gains = sorted(_gains(best, options), key=lambda gain: (gain[2].larger_of != "", -gain[0]))
    if not gains:
        return best
    arena_bytes, given = arena_in_order(with_variants(graph, best), target), set[int]()
    for share, place, variant in gains:
        if place not in given:
            tried = [*best[:place], variant, *best[place + 1 :]]
            tried_bytes = arena_in_order(with_variants(graph, tried), target)
            if tried_bytes <= min(_SMALL_ARENA, arena_bytes + share * _BYTES_FOR_ALL):
                best, arena_bytes = tried, max(tried_bytes, arena_bytes)
                given.add(place)
    return best


def _gains(
    chosen: Sequence[Variant], options: Sequence[Sequence[Variant]]
) -> Iterator[tuple[float, int, Variant]]:
    """Yield what share of the model's time a faster variant with more scratch saves, its place and itself."""
    total = sum(variant.cycles for variant in chosen)
    for place, (now, found) in enumerate(zip(chosen, options, strict=True)):
        for variant in found:
            share = (now.cycles - variant.cycles) / total if total else 0
            if share >= _LEAST_SHARE and variant.scratch_bytes > now.scratch_bytes:
                yield share, place, variant
