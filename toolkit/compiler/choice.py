# SPDX-License-Identifier: Apache-2.0
"""Which variant of its kernel each layer gets: by the goal, and so that the arena fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolkit.ir.graph import Graph, Operation
from toolkit.memory.layout import Layout, lay_out, lay_out_in_order
from toolkit.ops.shared.operator import Variant
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.variants import chosen_variant, with_variant
from toolkit.targets.target import Target

Goal = Literal["speed", "balanced"]
GOALS: tuple[Goal, ...] = ("speed", "balanced")


@dataclass(frozen=True)
class Optimization:
    """What kernels are chosen for."""

    goal: Goal = "balanced"


BALANCED = Optimization()

Pick = Callable[[Operation, Sequence[Variant]], Variant]


def choose(graph: Graph, target: Target, optimization: Optimization) -> Graph:
    """Return graph with the variants that are best for a goal, however much RAM they take.

    speed: the fastest. balanced: the fastest whose scratch needs little more RAM than the largest tensors,
    and whose code is worth its flash.
    """
    if optimization.goal == "balanced":
        return graph
    return _with_variants(graph, target, lambda _, variants: min(variants, key=lambda v: v.cycles))


def choose_to_fit(whole: Layout, target: Target, ram_bytes: int) -> Layout:
    """Return whole with slower variants in as few layers as it takes for an arena of at most ram_bytes.

    The fullest step takes the fastest variant with less scratch than its own. Where it does not fit all the
    same, the smallest arena found.
    """
    best = draft = whole
    while best.plan.arena_bytes > ram_bytes:
        fullest = max(range(len(draft.calls)), key=draft.plan.step_bytes.__getitem__)
        leaner = _leaner(draft.graph, draft.graph.operations[fullest], target)
        if leaner is None:
            break
        draft = lay_out_in_order(_replaced(draft.graph, fullest, leaner), target)
        found = lay_out((draft.graph,), target) if draft.plan.lower_bound_bytes <= ram_bytes else draft
        best = min(best, found, key=lambda layout: layout.plan.arena_bytes)
    return best


def variants_of(graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
    """Return the variants of an operation."""
    return operators()[operation.kind].variants(graph, operation, target)


def _leaner(graph: Graph, operation: Operation, target: Target) -> Operation | None:
    """Return the operation with the fastest variant that has less scratch than its own, if there is one."""
    variants = variants_of(graph, operation, target)
    most = chosen_variant(graph, operation, variants).scratch_bytes
    less = [each for each in variants if each.scratch_bytes < most]
    return with_variant(operation, min(less, key=lambda v: v.cycles).name) if less else None


def _with_variants(graph: Graph, target: Target, pick: Pick) -> Graph:
    operations = [_picked(graph, operation, target, pick) for operation in graph.operations]
    return replace(graph, operations=tuple(operations))


def _picked(graph: Graph, operation: Operation, target: Target, pick: Pick) -> Operation:
    variants = variants_of(graph, operation, target)
    return operation if len(variants) == 1 else with_variant(operation, pick(operation, variants).name)


def _replaced(graph: Graph, place: int, operation: Operation) -> Graph:
    operations = list(graph.operations)
    operations[place] = operation
    return replace(graph, operations=tuple(operations))
