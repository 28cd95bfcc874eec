# SPDX-License-Identifier: Apache-2.0
"""Slower kernels with less working memory, for the layers that need the most, so that an arena fits."""

from __future__ import annotations

from dataclasses import replace

from toolkit.ir.graph import Graph
from toolkit.memory.layout import Layout, lay_out, lay_out_in_order
from toolkit.ops.shared.operator import ScratchArgument
from toolkit.ops.shared.room import is_lean, lean
from toolkit.targets.target import Target


def lean_to_fit(whole: Layout, target: Target, ram_bytes: int) -> Layout:
    """Return whole with as few lean layers as it takes for an arena of at most ram_bytes.

    The fullest step becomes lean first. Where it does not fit all the same, the smallest arena found.
    """
    best = draft = whole
    while best.plan.arena_bytes > ram_bytes:
        fullest = max(range(len(draft.calls)), key=draft.plan.step_bytes.__getitem__)
        if is_lean(draft.graph.operations[fullest]) or not _has_scratch(draft, fullest):
            break
        draft = lay_out_in_order(_leaner(draft.graph, fullest), target)
        found = lay_out((draft.graph,), target) if draft.plan.lower_bound_bytes <= ram_bytes else draft
        best = min(best, found, key=lambda layout: layout.plan.arena_bytes)
    return best


def _leaner(graph: Graph, place: int) -> Graph:
    operations = list(graph.operations)
    operations[place] = lean(operations[place])
    return replace(graph, operations=tuple(operations))


def _has_scratch(layout: Layout, place: int) -> bool:
    return any(isinstance(a, ScratchArgument) for call in layout.calls[place] for a in call.arguments)
