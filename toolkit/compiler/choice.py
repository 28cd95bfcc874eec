# SPDX-License-Identifier: Apache-2.0
"""Which variant of its kernel each layer gets: by the goal, and so that the arena fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from toolkit.compiler.better_kernels import CLEAR_SHARE, use_better_kernels
from toolkit.compiler.flat_tables import use_flat_tables
from toolkit.compiler.smallest import Option, smallest
from toolkit.compiler.worth_room import use_worthwhile_room
from toolkit.ir.graph import Graph, Operation
from toolkit.memory.layout import Layout, lay_out, lay_out_in_order, least_in_order
from toolkit.ops.shared.operator import Variant
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.variants import (
    chosen_variant,
    with_room,
    with_small_tables,
    with_variant,
    with_variants,
)
from toolkit.project.goals import Goal
from toolkit.targets.target import Target


@dataclass(frozen=True)
class Costs:
    """What layers' variants took where they were measured: cycles by layer_key() and the variant's name.

    board and compiler say where, and what compiled the code.
    """

    board: str
    compiler: str
    cycles: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Optimization:
    """What kernels are chosen for, and by which costs: None is by the variants' own estimates.

    speed: the fastest. balanced: the fastest whose scratch needs little more RAM than the largest tensors, or
    is worth the time that it saves, and whose code and tables are worth their flash. size: the least flash
    that is not much slower, in hardly more RAM. wanted has variants by layer_key() that go before all that.
    word tells a person about costs.
    """

    goal: Goal = "balanced"
    costs: Costs | None = None
    wanted: Mapping[str, str] = field(default_factory=dict)
    word: str = field(default="", compare=False)

    @property
    def flag(self) -> str:
        """What C compilers are told."""
        return "-Os" if self.goal == "size" else "-O2"


# What a smaller kernel may add to the arena, for a few bytes of scratch in the fullest layer.
_ROOM_FOR_SIZE = 1 + 1 / 256
BALANCED = Optimization()


def choose(graph: Graph, target: Target, optimization: Optimization) -> Graph:
    """Return graph with the variants that are best for a goal, however much RAM they take."""
    options = [variants_of(graph, o, target, optimization.costs) for o in graph.operations]
    usual = [chosen_variant(graph, o, found) for o, found in zip(graph.operations, options, strict=True)]
    if optimization.goal == "speed":
        chosen = with_variants(graph, (min(found, key=_cycles) for found in options))
    elif optimization.goal == "size":
        chosen = _smallest(graph, usual, options, target)
    else:
        start = list(_clearly_faster(graph, usual, options)) if optimization.costs else usual
        found = use_better_kernels(graph, start, options, target)
        found = use_worthwhile_room(graph, found, options, target)
        found = use_flat_tables(graph, found, options, target)
        chosen = graph if found == usual else with_variants(graph, found)
    return _as_wanted(chosen, optimization.wanted)


def _as_wanted(graph: Graph, wanted: Mapping[str, str]) -> Graph:
    """Return graph with the variants of wanted in its layers."""
    operations = [
        with_variant(o, wanted[layer_key(o)]) if layer_key(o) in wanted else o for o in graph.operations
    ]
    return replace(graph, operations=tuple(operations))


def _cycles(variant: Variant) -> float:
    return variant.cycles


def _clearly_faster(
    graph: Graph, usual: Sequence[Variant], options: Sequence[Sequence[Variant]]
) -> Iterator[Variant]:
    """Yield the usual variants, or faster ones with room that make a difference to the whole model."""
    difference = sum(map(_cycles, usual)) * CLEAR_SHARE
    for operation, variant, found in zip(graph.operations, usual, options, strict=True):
        fastest = min(with_small_tables(with_room(graph, operation, found)), key=_cycles)
        yield fastest if fastest.cycles + difference < variant.cycles else variant


def _smallest(
    graph: Graph, usual: Sequence[Variant], options: Sequence[Sequence[Variant]], target: Target
) -> Graph:
    """Return graph with the smallest variants that take hardly more RAM than the usual ones."""
    most_bytes = int(lay_out((with_variants(graph, usual),), target).plan.arena_bytes * _ROOM_FOR_SIZE)

    def fits(chosen: Sequence[Variant]) -> bool:
        tried = with_variants(graph, chosen)
        is_possible = least_in_order(tried, target) <= most_bytes
        return is_possible and lay_out((tried,), target).plan.arena_bytes <= most_bytes

    usable = [with_room(graph, o, found) for o, found in zip(graph.operations, options, strict=True)]
    layers = [[Option.of(graph, each) for each in _small_first(found)] for found in usable]
    start = [Option.of(graph, each) for each in usual]
    return with_variants(graph, smallest(layers, start, target.isa, fits))


def _small_first(variants: Sequence[Variant]) -> list[Variant]:
    """Return variants, the fastest first, but of two with one kernel the one with the smaller table."""
    cycles = {variant.name: variant.cycles for variant in variants}
    return sorted(variants, key=lambda v: (cycles.get(v.larger_of, v.cycles), v.larger_of))


def choose_to_fit(
    whole: Layout, target: Target, ram_bytes: int, optimization: Optimization = BALANCED
) -> Layout:
    """Return whole with slower variants in as few layers as it takes for an arena of at most ram_bytes.

    The fullest step takes the fastest variant with less scratch than its own. Where it does not fit all the
    same, the smallest arena found.
    """
    best = draft = whole
    while best.plan.arena_bytes > ram_bytes:
        fullest = max(range(len(draft.calls)), key=draft.plan.step_bytes.__getitem__)
        leaner = _leaner(draft.graph, draft.graph.operations[fullest], target, optimization)
        if leaner is None:
            return min(best, lay_out((draft.graph,), target), key=lambda layout: layout.plan.arena_bytes)
        draft = lay_out_in_order(_replaced(draft.graph, fullest, leaner), target)
        found = lay_out((draft.graph,), target) if draft.plan.lower_bound_bytes <= ram_bytes else draft
        best = min(best, found, key=lambda layout: layout.plan.arena_bytes)
    return best


def leanest(whole: Layout, target: Target) -> Layout:
    """Return whole with the least scratch in every layer."""
    variants = [variants_of(whole.graph, o, target) for o in whole.graph.operations]
    least = (min(found, key=lambda v: (v.scratch_bytes, v.cycles)) for found in variants)
    return lay_out((with_variants(whole.graph, least),), target)


def variants_of(
    graph: Graph, operation: Operation, target: Target, costs: Costs | None = None
) -> tuple[Variant, ...]:
    """Return the variants of an operation, with the cycles as measured where all of them were."""
    variants = operators()[operation.kind].variants(graph, operation, target)
    measured = costs.cycles.get(layer_key(operation), {}) if costs else {}
    if any(variant.name not in measured for variant in variants):
        return variants
    return tuple(replace(variant, cycles=measured[variant.name]) for variant in variants)


def layer_key(operation: Operation) -> str:
    """Return what tells an operation from all others of its model, in whatever order they run.

    A count of a stream's hops has no output, but a state among its inputs.
    """
    return f"{operation.index}:{(*operation.outputs, *operation.inputs)[0]}"


def variant_name(graph: Graph, operation: Operation, target: Target) -> str:
    """Return the name of the variant that an operation has."""
    return chosen_variant(graph, operation, variants_of(graph, operation, target)).name


def _leaner(
    graph: Graph, operation: Operation, target: Target, optimization: Optimization
) -> Operation | None:
    """Return the operation with the fastest variant that has less scratch than its own, if there is one."""
    variants = variants_of(graph, operation, target, optimization.costs)
    most = chosen_variant(graph, operation, variants).scratch_bytes
    less = [each for each in variants if each.scratch_bytes < most]
    return with_variant(operation, min(less, key=_cycles).name) if less else None


def _replaced(graph: Graph, place: int, operation: Operation) -> Graph:
    operations = list(graph.operations)
    operations[place] = operation
    return replace(graph, operations=tuple(operations))
