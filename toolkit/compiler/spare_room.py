# SPDX-License-Identifier: Apache-2.0
"""Faster variants again for layers that had to have slower ones, where the arena has room after all.

A search for an arena that fits makes layer after layer slower, and patches then make room again that
these layers could use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from toolkit.compiler.choice import Optimization, variant_name, variants_of
from toolkit.ir.graph import Graph, Operation
from toolkit.memory.layout import Layout, arena_in_order, lay_out_in_order
from toolkit.ops.shared.variants import chosen_variant, with_variant
from toolkit.targets.target import Target


@dataclass(frozen=True)
class _Gain:
    """Another variant of a layer, for all of its patches: the cycles that it saves."""

    cycles: float
    layer: int
    variant: str


def use_room(
    slow: Layout, wanted: Graph, target: Target, ram_bytes: int, optimization: Optimization
) -> Layout:
    """Return slow with variants up to those of wanted, in the layers for which ram_bytes of arena are enough.

    slow and wanted are the same model, slow perhaps in patches. What saves most is tried first.
    """
    names = {o.index: variant_name(wanted, o, target) for o in wanted.operations}
    graph, given = slow.graph, set[int]()
    for gain in _gains(slow.graph, names, target, optimization):
        if gain.layer not in given:
            tried = _with(graph, gain)
            if arena_in_order(tried, target) <= ram_bytes:
                graph = tried
                given.add(gain.layer)
    return lay_out_in_order(graph, target) if given else slow


def _gains(
    graph: Graph, wanted: Mapping[int, str], target: Target, optimization: Optimization
) -> list[_Gain]:
    """Return what there is to gain, most first."""
    saved: dict[tuple[int, str], float] = {}
    for operation in graph.operations:
        for name, cycles in _faster(graph, operation, wanted.get(operation.index, ""), target, optimization):
            key = (operation.index, name)
            saved[key] = saved.get(key, 0) + cycles
    gains = [_Gain(cycles, *key) for key, cycles in saved.items()]
    return sorted(gains, key=lambda gain: (-gain.cycles, gain.layer, gain.variant))


def _faster(
    graph: Graph, operation: Operation, wanted: str, target: Target, optimization: Optimization
) -> list[tuple[str, float]]:
    """Return the names of wanted and of faster variants of an operation, none faster than it, and what each
    saves: wanted may be the smaller one.
    """
    found = variants_of(graph, operation, target, optimization.costs)
    variants = {v.name: v for v in found}
    if wanted not in variants:
        return []
    now, least = chosen_variant(graph, operation, found), variants[wanted].cycles
    between = {name for name, v in variants.items() if least <= v.cycles < now.cycles}
    return [(name, now.cycles - variants[name].cycles) for name in sorted({wanted, *between} - {now.name})]


def _with(graph: Graph, gain: _Gain) -> Graph:
    operations = [with_variant(o, gain.variant) if o.index == gain.layer else o for o in graph.operations]
    return replace(graph, operations=tuple(operations))
