# SPDX-License-Identifier: Apache-2.0
"""Lower a graph's operations and place what they use: kernel calls and memory go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from toolkit.errors import DoesNotFitError
from toolkit.ir.graph import Graph, Operation
from toolkit.memory.check import check_plan
from toolkit.memory.order import best_order
from toolkit.memory.plan import MemoryPlan
from toolkit.memory.planner import plan_memory
from toolkit.ops.shared.operator import KernelCall, ScratchArgument, Walk, kernel_calls
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import Target

_LARGEST_ARENA = 16 << 20
# A walk has a number for each byte; for tensors that no microcontroller holds it is not worth it.
_LARGEST_WALKED = 4 << 20

Calls = tuple[tuple[KernelCall, ...], ...]


@dataclass(frozen=True, eq=False)
class Layout:
    """A graph, the calls of each of its operations, and where everything stands."""

    graph: Graph
    calls: Calls
    plan: MemoryPlan


def lay_out(graphs: Sequence[Graph], target: Target) -> Layout:
    """Return the kernel calls and the memory plan, checked, of the graph that needs the least memory.

    graphs are the same model in different forms, the one that is best otherwise first. Their
    operations are put in the order that needs the least. Raises DoesNotFitError for an arena that no
    board could hold.
    """
    drafts = [draft for graph in graphs for draft in _drafts(graph, target)]
    places = sorted(range(len(drafts)), key=lambda place: drafts[place].plan.arena_bytes)
    best, chosen = drafts[places[0]], places[0]
    for place in places:
        if (drafts[place].plan.lower_bound_bytes, place) <= (best.plan.arena_bytes, chosen):
            found = drafts[place].searched()
            if (found.plan.arena_bytes, place) <= (best.plan.arena_bytes, chosen):
                best, chosen = found, place
    return _checked(best)


def lay_out_in_order(graph: Graph, target: Target) -> Layout:
    """Return the same of one graph whose operations stay in their order, in an arena of arena_in_order()."""
    return _checked(_Lowered(graph, target).draft())


def arena_in_order(graph: Graph, target: Target) -> int:
    """Return the bytes of the arena that a graph needs as it is, by a plan without the exact search."""
    return _Lowered(graph, target).draft().plan.arena_bytes


def least_in_order(graph: Graph, target: Target) -> int:
    """Return the bytes below which no plan of a graph as it is can be."""
    return _Lowered(graph, target).draft().plan.lower_bound_bytes


def _checked(draft: _Draft) -> Layout:
    if draft.plan.arena_bytes > _LARGEST_ARENA:
        raise DoesNotFitError(
            f"{draft.graph.name} needs {draft.plan.arena_bytes:,} bytes of RAM for its tensors; "
            f"the limit is {_LARGEST_ARENA:,}.",
            hint="Try: a smaller input",
        )
    walks = [ways[way] if ways else None for ways, way in zip(draft.walks, draft.plan.walks, strict=True)]
    check_plan(draft.graph, draft.scratch, draft.plan, walks)
    told = tuple(_told(layer, walk) for layer, walk in zip(draft.calls, walks, strict=True))
    return Layout(draft.graph, told, draft.plan)


@dataclass(frozen=True, eq=False)
class _Draft:
    """A graph whose operations are in some order, and the plan for it."""

    graph: Graph
    calls: Calls
    walks: list[tuple[Walk, ...]]
    scratch: list[list[int]]
    plan: MemoryPlan

    def searched(self) -> _Draft:
        """Return the same with the plan that the exact search finds."""
        if self.plan.is_least:
            return self
        return replace(self, plan=plan_memory(self.graph, self.scratch, self.walks))


class _Lowered:
    """A graph with the calls and walks of its operations."""

    def __init__(self, graph: Graph, target: Target) -> None:
        known = operators()
        self.graph = graph
        self.calls = [kernel_calls(known[o.kind].lower(graph, o, target)) for o in graph.operations]
        self.walks = [_walks(graph, o, target) for o in graph.operations]
        self.scratch = [
            [a.bytes for call in layer for a in call.arguments if isinstance(a, ScratchArgument)]
            for layer in self.calls
        ]

    def draft(self, order: Sequence[int] | None = None) -> _Draft:
        """Return a quick plan for an order of the operations, by default the one that they have."""
        order = range(len(self.calls)) if order is None else order
        ordered = replace(self.graph, operations=tuple(self.graph.operations[i] for i in order))
        needs, ways = [self.scratch[i] for i in order], [self.walks[i] for i in order]
        plan = plan_memory(ordered, needs, ways, is_draft=True)
        return _Draft(ordered, tuple(self.calls[i] for i in order), ways, needs, plan)


def _drafts(graph: Graph, target: Target) -> list[_Draft]:
    """Return quick plans for the order of operations that is given, and for the best one if it is another."""
    lowered = _Lowered(graph, target)
    best = best_order(graph, lowered.scratch, lowered.walks)
    given = lowered.draft()
    return [given] if best == list(range(len(best))) else [given, lowered.draft(best)]


def _walks(graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
    tensors = [*graph.input_tensors(operation), *graph.output_tensors(operation)]
    if any(t is not None and not t.is_constant and t.bytes > _LARGEST_WALKED for t in tensors):
        return ()
    return tuple(map(_narrow, operators()[operation.kind].walks(graph, operation, target)))


def _narrow(walk: Walk) -> Walk:
    """Return walk with its steps in int32, which they fit: all operations' are in memory at once."""
    halves = [
        {i: steps.astype(np.int32) for i, steps in each.items()}
        for each in (walk.last_reads, walk.first_writes)
    ]
    return replace(walk, last_reads=halves[0], first_writes=halves[1])


def _told(layer: tuple[KernelCall, ...], walk: Walk | None) -> tuple[KernelCall, ...]:
    """Return an operation's calls with the walk that they must go."""
    if walk is None or not walk.params:
        return layer
    (call,) = layer
    return (replace(call, params={**call.params, **walk.params}),)
