# SPDX-License-Identifier: Apache-2.0
"""Larger tables that are read as they are, where the time or the RAM that they save is worth their flash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from toolkit.compiler.code_bytes import code_bytes
from toolkit.ir.graph import Graph
from toolkit.memory.layout import lay_out_in_order
from toolkit.ops.shared.operator import Variant, kernel_calls
from toolkit.ops.shared.variants import with_variants
from toolkit.targets.target import Target

# A tenth of a model's time is worth 6.4 KiB. RAM is worth eight times as much (worth_room.py).
BYTES_FOR_ALL = 65536
# A byte of arena is worth so many bytes of tables, if it is not one of a few.
_BYTES_FOR_A_BYTE = 2
_LEAST_SHARE = 1 / 16
# Code that unpacks takes less: no larger sum of tables is compared with it.
_MOST_CODE_BYTES = 512

Flat = Mapping[int, Variant]


def use_flat_tables(
    graph: Graph, chosen: Sequence[Variant], options: Sequence[Sequence[Variant]], target: Target
) -> list[Variant]:
    """Return chosen, the variants of graph's operations, with larger tables of options where it is worth it.

    For time a table may grow by 64 KiB times the share of the model's time that is saved. For RAM the tables
    of the fullest steps may grow by twice the arena that is saved, if that is a sixteenth of it. And all may
    that are then left, if that is less than the code that unpacks them.
    """
    total = sum(variant.cycles for variant in chosen)
    best, flat = list(chosen), _flat(chosen, options)
    if not flat:
        return best
    for place, variant in flat.items():
        saved = chosen[place].cycles - variant.cycles
        if saved * BYTES_FOR_ALL >= _more_bytes(chosen[place], variant) * total:
            best[place] = variant
    best = _for_arena(graph, best, flat, target)
    return _without_code(best, flat, target)


def _flat(chosen: Sequence[Variant], options: Sequence[Sequence[Variant]]) -> Flat:
    """Return the larger ones of chosen variants, by their place."""
    pairs = enumerate(zip(chosen, options, strict=True))
    return {i: variant for i, (now, found) in pairs for variant in found if variant.larger_of == now.name}


def _more_bytes(now: Variant, flat: Variant) -> int:
    return flat.table_bytes - now.table_bytes


def _for_arena(graph: Graph, chosen: list[Variant], flat: Flat, target: Target) -> list[Variant]:
    """Return chosen with larger tables in the fullest steps, if the arena shrinks by enough."""
    best, least, worth = chosen, 0, 0
    for arena_bytes, more_bytes, tried in _with_less_arena(graph, chosen, flat, target):
        if not least:
            least = arena_bytes
        saved = least - arena_bytes
        if saved >= least * _LEAST_SHARE and saved * _BYTES_FOR_A_BYTE - more_bytes > worth:
            best, worth = tried, saved * _BYTES_FOR_A_BYTE - more_bytes
    return best


def _with_less_arena(
    graph: Graph, chosen: list[Variant], flat: Flat, target: Target
) -> Iterator[tuple[int, int, list[Variant]]]:
    """Yield the arena of chosen, then with one more large table at a time in the fullest step, with the bytes
    of tables that this adds.
    """
    more_bytes, tried = 0, chosen
    while True:
        plan = lay_out_in_order(with_variants(graph, tried), target).plan
        yield plan.arena_bytes, more_bytes, tried
        place = max(range(len(tried)), key=plan.step_bytes.__getitem__)
        if place not in flat or tried[place] is flat[place]:
            return
        more_bytes += _more_bytes(tried[place], flat[place])
        tried = [*tried[:place], flat[place], *tried[place + 1 :]]


def _without_code(chosen: list[Variant], flat: Flat, target: Target) -> list[Variant]:
    """Return chosen with larger tables everywhere if they take less than the code without them."""
    small = [i for i in flat if chosen[i] is not flat[i]]
    more_bytes = sum(_more_bytes(chosen[i], flat[i]) for i in small)
    if more_bytes > _MOST_CODE_BYTES:
        return chosen
    parts = {part for i in small for call in kernel_calls(chosen[i].lower()) for part in call.parts}
    if more_bytes > code_bytes(target.isa, parts):
        return chosen
    return [flat.get(i, variant) for i, variant in enumerate(chosen)]
