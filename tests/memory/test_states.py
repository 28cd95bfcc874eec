# SPDX-License-Identifier: Apache-2.0
"""What survives from run to run has a place that nothing else is ever given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.effort import breadth

from toolkit.errors import TinymlError
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.memory.check import check_plan
from toolkit.memory.order import best_order
from toolkit.memory.plan import MemoryPlan
from toolkit.memory.planner import plan_memory
from toolkit.ops.shared.operator import Walk


def chain(sizes: list[int], states: dict[int, int]) -> Graph:
    """Return operations in a row over tensors of so many bytes; states has the bytes of some of them."""
    count = len(sizes)
    tensors = [Tensor(i, f"t{i}", (size,), "int8") for i, size in enumerate(sizes)]
    operations = []
    for step in range(count - 1):
        inputs: tuple[int, ...] = (step,)
        if step in states:
            inputs += (len(tensors),)
            start = np.zeros(states[step], np.int8)
            tensors.append(Tensor(inputs[-1], "state", start.shape, "int8", state=start))
        operations.append(Operation(step, "X", 1, inputs, (step + 1,)))
    return Graph("chain", tuple(tensors), tuple(operations), (0,), (count - 1,))


SIZES = st.lists(st.integers(1, 100), min_size=2, max_size=10)


@settings(max_examples=breadth(100, here=30), deadline=None)
@given(SIZES, st.dictionaries(st.integers(0, 8), st.integers(1, 60)), st.data())
def test_a_plan_keeps_states_apart_and_the_checker_sees_when_one_is_not(
    sizes: list[int], states: dict[int, int], data: st.DataObject
) -> None:
    graph = chain(sizes, states)
    scratch = [[8]] * len(graph.operations)
    plan = plan_memory(graph, scratch)

    check_plan(graph, scratch, plan)

    homes = [p for p in plan.placements if p.buffer.tensor in graph.states]
    others = [p for p in plan.placements if p not in homes]
    assert len(homes) == len(graph.states)
    if not homes:
        return
    home, other = data.draw(st.sampled_from(homes)), data.draw(st.sampled_from(others))
    moved = tuple(replace(p, offset=home.offset) if p is other else p for p in plan.placements)
    with pytest.raises(TinymlError, match="the memory plan is wrong"):
        check_plan(graph, scratch, larger(replace(plan, placements=moved)))


def larger(plan: MemoryPlan) -> MemoryPlan:
    return replace(plan, arena_bytes=2 * plan.arena_bytes)


def test_an_output_may_not_stand_over_a_state_that_is_read_before_it_is_written() -> None:
    graph = chain([16, 16], {0: 16})
    plan = plan_memory(graph, [[]])
    (state,) = graph.states
    steps = np.arange(16)
    walk = Walk({state: steps, 0: steps}, {1: steps})
    places = {p.buffer.tensor: p.offset for p in plan.placements}
    over = tuple(replace(p, offset=places[state]) if p.buffer.tensor == 1 else p for p in plan.placements)

    assert plan_memory(graph, [[]], [(walk,)]).arena_bytes == 32
    with pytest.raises(TinymlError, match=rf"tensor {state} is not intact when the next run reads it"):
        check_plan(graph, [[]], replace(plan, placements=over), [walk])


def test_operations_on_one_state_keep_their_order() -> None:
    # The second branch first would need less, as its result is small and its input large.
    sizes = [8, 8, 400, 8, 8]
    tensors = tuple(Tensor(i, f"t{i}", (size,), "int8") for i, size in enumerate(sizes))
    kept = Tensor(5, "kept", (8,), "int8", state=np.zeros(8, np.int8))
    reads = [((1,), (2,)), ((0,), (3,)), ((2, 3), (4,))]

    def graph(shared: tuple[int, ...]) -> Graph:
        operations = [
            Operation(i, "X", 1, (*r, *(shared if i < 2 else ())), w) for i, (r, w) in enumerate(reads)
        ]
        return Graph("branches", (*tensors, kept), tuple(operations), (0, 1), (4,))

    assert best_order(graph(()), [[], [400], []], [()] * 3) == [1, 0, 2]
    assert best_order(graph((5,)), [[], [400], []], [()] * 3) == [0, 1, 2]
