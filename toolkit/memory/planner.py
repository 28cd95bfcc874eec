# SPDX-License-Identifier: Apache-2.0
"""Place the tensors and scratch buffers of a graph in one arena, as small as can be found.

The plan is checked elsewhere (memory.check), so what is used here may be clever.
"""

from __future__ import annotations

from toolkit.ir.graph import Graph
from toolkit.memory.lifetimes import buffer_lifetimes
from toolkit.memory.overlap import Walks, fits, separations
from toolkit.memory.placement import Puzzle, place_greedily, step_bounds
from toolkit.memory.plan import ALIGNMENT, MemoryPlan, Placement, Scratch
from toolkit.memory.search import improve


def plan_memory(graph: Graph, scratch: Scratch, walks: Walks = (), *, is_draft: bool = False) -> MemoryPlan:
    """Return where each tensor and scratch buffer of graph stands; scratch has an entry a step.

    walks has the walks of each operation's kernel; without them no two buffers share a byte in a
    step. The same arguments give the same plan. A draft is made in a tenth of a second, without the
    exact search.
    """
    buffers = buffer_lifetimes(graph, scratch)
    plan = place_buffers(Puzzle(buffers, separations(graph, buffers, walks)), is_draft=is_draft)
    return plan.with_walks(tuple(_walk(graph, plan, step, walks) for step in range(len(walks))))


def place_buffers(puzzle: Puzzle, *, is_draft: bool = False) -> MemoryPlan:
    """Return the smallest plan found; is_least says that it is proved that there is no smaller one."""
    steps = step_bounds(puzzle)
    bound = max(steps, default=0)
    offsets = place_greedily(puzzle, bound)
    is_least = puzzle.size(offsets) <= bound
    if not (is_least or is_draft):
        offsets, is_least = improve(puzzle, offsets, bound)
    placements = tuple(Placement(b, o) for b, o in zip(puzzle.buffers, offsets, strict=True))
    size = max(puzzle.size(offsets), ALIGNMENT)
    return MemoryPlan(placements, size, max(bound, ALIGNMENT), is_least, tuple(steps))


def _walk(graph: Graph, plan: MemoryPlan, step: int, walks: Walks) -> int:
    """Return which walk of a step goes well with the plan."""
    operation = graph.operations[step]
    inputs = [t for t in graph.input_tensors(operation) if t is not None and not t.is_constant]
    pairs = [
        (source, result, plan.offset_of(result) - plan.offset_of(source))
        for source in inputs
        for result in graph.output_tensors(operation)
    ]
    usable = (i for i, walk in enumerate(walks[step]) if all(fits(walk, *pair) for pair in pairs))
    return next(usable, 0)
