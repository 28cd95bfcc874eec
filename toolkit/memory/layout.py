# SPDX-License-Identifier: Apache-2.0
"""Lower a graph's operations and place what they use: kernel calls and memory go together."""

from __future__ import annotations

from dataclasses import dataclass, replace

from toolkit.errors import DoesNotFitError
from toolkit.ir.graph import Graph, Operation
from toolkit.memory.check import check_plan
from toolkit.memory.plan import MemoryPlan
from toolkit.memory.planner import plan_memory
from toolkit.ops.operator import KernelCall, ScratchArgument, Target, Walk, kernel_calls
from toolkit.ops.registry import operators

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


def lay_out(graph: Graph, target: Target) -> Layout:
    """Return the kernel calls and the memory plan of a graph that can be compiled, checked.

    Raises DoesNotFitError for an arena that no board could hold.
    """
    known = operators()
    calls = tuple(kernel_calls(known[o.kind].lower(graph, o, target)) for o in graph.operations)
    walks = [_walks(graph, o, target) for o in graph.operations]
    scratch = [
        [a.bytes for call in layer for a in call.arguments if isinstance(a, ScratchArgument)]
        for layer in calls
    ]
    plan = plan_memory(graph, scratch, walks)
    if plan.arena_bytes > _LARGEST_ARENA:
        raise DoesNotFitError(
            f"{graph.name} needs {plan.arena_bytes:,} bytes of RAM for its tensors; "
            f"the limit is {_LARGEST_ARENA:,}.",
            hint="Try: a smaller input",
        )
    chosen = [ways[way] if ways else None for ways, way in zip(walks, plan.walks, strict=True)]
    check_plan(graph, scratch, plan, chosen)
    told = tuple(_told(layer, walk) for layer, walk in zip(calls, chosen, strict=True))
    return Layout(graph, told, plan)


def _walks(graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
    tensors = [*graph.input_tensors(operation), *graph.output_tensors(operation)]
    if any(t is not None and not t.is_constant and t.bytes > _LARGEST_WALKED for t in tensors):
        return ()
    return operators()[operation.kind].walks(graph, operation, target)


def _told(layer: tuple[KernelCall, ...], walk: Walk | None) -> tuple[KernelCall, ...]:
    """Return an operation's calls with the walk that they must go."""
    if walk is None or not walk.params:
        return layer
    (call,) = layer
    return (replace(call, params={**call.params, **walk.params}),)
