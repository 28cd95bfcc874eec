# SPDX-License-Identifier: Apache-2.0
"""The planner against its checker, and the checker against plans that are wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.effort import breadth
from support.small_model import small_graph

from toolkit.errors import TinymlError
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.memory.check import check_plan
from toolkit.memory.lifetimes import buffer_lifetimes
from toolkit.memory.overlap import separations
from toolkit.memory.placement import Puzzle
from toolkit.memory.plan import ALIGNMENT, Buffer, MemoryPlan, Placement, align, plan_json
from toolkit.memory.planner import place_buffers, plan_memory
from toolkit.passes import share_reshape

pytestmark = pytest.mark.no_cover

Net = tuple[Graph, list[list[int]]]


def network(sizes: list[int], operations: list[tuple[list[int], list[int]]], outputs: list[int]) -> Graph:
    """Return a graph of tensors of so many bytes; tensor 0 is its input, (reads, writes) its operations."""
    return Graph(
        "net",
        tuple(Tensor(i, f"t{i}", (size,), "int8") for i, size in enumerate(sizes)),
        tuple(Operation(i, "X", 1, tuple(r), tuple(w)) for i, (r, w) in enumerate(operations)),
        (0,),
        tuple(outputs),
    )


@st.composite
def networks(draw: st.DrawFn) -> Net:
    """Random networks in which every operation reads older tensors and every tensor is read."""
    steps = draw(st.integers(1, 12))
    size = st.integers(1, 100)
    sizes = [draw(size)]
    operations: list[tuple[list[int], list[int]]] = []
    for _ in range(steps):
        reads = draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=3, unique=True))
        writes = list(range(len(sizes), len(sizes) + draw(st.integers(1, 2))))
        sizes += [draw(size) for _ in writes]
        operations.append((reads, writes))
    read = {i for reads, _ in operations for i in reads}
    outputs = [i for i in range(len(sizes)) if i not in read] or [len(sizes) - 1]
    scratch = [draw(st.lists(size, max_size=2)) for _ in range(steps)]
    return network(sizes, operations, outputs), scratch


@settings(max_examples=breadth(150, here=50), deadline=None)
@given(networks())
def test_every_plan_passes_the_checker_and_reaches_the_lower_bound_or_more(net: Net) -> None:
    graph, scratch = net

    plan = plan_memory(graph, scratch)

    check_plan(graph, scratch, plan)
    assert plan.arena_bytes >= plan.lower_bound_bytes
    assert all(placement.offset % ALIGNMENT == 0 for placement in plan.placements)


@settings(max_examples=breadth(150, here=50), deadline=None)
@given(networks(), st.data())
def test_the_checker_rejects_every_planted_overlap(net: Net, data: st.DataObject) -> None:
    graph, scratch = net
    plan = plan_memory(graph, scratch)
    pairs = [
        (a, b)
        for a, first in enumerate(plan.placements)
        for b, second in enumerate(plan.placements)
        if a != b and first.buffer.pieces[0].meets(second.buffer.pieces[0])
    ]
    if not pairs:
        return
    moved, onto = data.draw(st.sampled_from(pairs))
    placements = list(plan.placements)
    placements[moved] = replace(placements[moved], offset=placements[onto].offset)
    larger = replace(plan, placements=tuple(placements), arena_bytes=2 * plan.arena_bytes)

    with pytest.raises(TinymlError, match="the memory plan is wrong"):
        check_plan(graph, scratch, larger)


@settings(max_examples=breadth(50, here=25), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9), st.integers(0, 5)), max_size=25))
def test_buffers_that_meet_in_time_never_meet_in_space(spans: list[tuple[int, int, int]]) -> None:
    buffers = [Buffer(size, first, first + more) for size, first, more in spans]

    plan = place_buffers(Puzzle(buffers, separations(network([], [], []), buffers, [])))

    for step in range(16):
        owner = np.zeros(plan.arena_bytes, bool)
        for placement in plan.placements:
            if placement.buffer.first <= step <= placement.buffer.last:
                part = owner[placement.offset : placement.offset + placement.buffer.bytes]
                assert len(part) == placement.buffer.bytes
                assert not part.any()
                part[:] = True


def test_a_tensor_lives_from_its_writer_to_its_last_reader() -> None:
    graph = network([8, 8, 8, 8], [([0], [1]), ([1], [2]), ([1, 2], [3])], [3])

    lives = {b.tensor: (b.first, b.last) for b in buffer_lifetimes(graph, [[], [], []])}

    assert lives == {0: (0, 0), 1: (0, 2), 2: (1, 2), 3: (2, 2)}


def test_an_output_lives_to_the_end() -> None:
    graph = network([8, 8, 8], [([0], [1]), ([0], [2])], [1, 2])

    assert [(b.first, b.last) for b in buffer_lifetimes(graph, [[], []])] == [(0, 1), (0, 1), (1, 1)]


def test_constants_take_no_place() -> None:
    assert {b.tensor for b in buffer_lifetimes(small_graph(), [[]] * 6)} == {0, 3, 4, 5, 7, 10, 11}


def test_tensors_that_share_a_storage_are_one_buffer() -> None:
    graph = share_reshape.run(small_graph())

    lives = {b.tensor: (b.first, b.last) for b in buffer_lifetimes(graph, [[]] * 5)}

    assert 7 not in lives
    assert lives[5] == (2, 3)


def test_the_place_of_an_input_is_used_again_after_its_last_reader() -> None:
    graph = network([64, 16, 64], [([0], [1]), ([1], [2])], [2])

    assert plan_memory(graph, [[], []]).arena_bytes == 80


def test_a_chain_needs_no_more_than_its_largest_step() -> None:
    sizes = [100, 300, 50, 200, 200, 10]
    graph = network(sizes, [([i], [i + 1]) for i in range(5)], [5])

    plan = plan_memory(graph, [[]] * 5)

    assert plan.arena_bytes == plan.lower_bound_bytes == align(100) + align(300)


def test_a_graph_without_operations_keeps_its_inputs_and_outputs() -> None:
    graph = network([40], [], [0])

    plan = plan_memory(graph, [])

    check_plan(graph, [], plan)
    assert plan.arena_bytes == 48


def test_plan_json_is_stable_and_says_where_everything_is() -> None:
    graph = network([8, 8], [([0], [1])], [1])
    plan = plan_memory(graph, [[5]])

    found = json.loads(plan_json(plan))

    assert plan_json(plan) == plan_json(plan_memory(graph, [[5]]))
    assert found["arena_bytes"] == found["lower_bound_bytes"] == 48
    assert [buffer.get("tensor", "scratch") for buffer in found["buffers"]] == [0, 1, "scratch"]


CHAIN = network([16, 16, 16], [([0], [1]), ([1], [2])], [2])


def planned(*offsets: int, arena: int = 64) -> MemoryPlan:
    buffers = buffer_lifetimes(CHAIN, [[], []])
    placed = tuple(Placement(b, o) for b, o in zip(buffers, offsets, strict=True))
    return MemoryPlan(placed, arena, 0)


@pytest.mark.parametrize(
    ("offsets", "reason"),
    [
        ((0, 8, 32), "unaligned or outside"),
        ((0, 16, 64), "unaligned or outside"),
        ((0, 16, -16), "unaligned or outside"),
        ((0, 16, 16), "tensor 2 of operation 1 .* overlaps what is in use at 16"),
    ],
)
def test_the_checker_says_what_is_wrong(offsets: tuple[int, ...], reason: str) -> None:
    with pytest.raises(TinymlError, match=reason):
        check_plan(CHAIN, [[], []], planned(*offsets))


def test_the_checker_accepts_the_same_plan_put_right() -> None:
    check_plan(CHAIN, [[], []], planned(0, 16, 0))


def test_the_checker_sees_a_tensor_overwritten_before_its_reader() -> None:
    graph = network([16, 16, 16, 16], [([0], [1]), ([1], [2]), ([0, 2], [3])], [3])
    buffers = buffer_lifetimes(graph, [[], [], []])
    placements = tuple(Placement(b, o) for b, o in zip(buffers, (0, 16, 0, 32), strict=True))

    with pytest.raises(TinymlError, match=r"tensor 0 is not intact when operation 2 \(X\) reads it"):
        check_plan(graph, [[], [], []], MemoryPlan(placements, 48, 48))


def test_the_checker_wants_a_place_for_everything() -> None:
    plan = plan_memory(CHAIN, [[], []])

    with pytest.raises(TinymlError, match="scratch for 1 of 2 operations"):
        check_plan(CHAIN, [[]], plan)
    with pytest.raises(TinymlError, match="no place for scratch 0 of step 1"):
        check_plan(CHAIN, [[], [4]], plan)
    with pytest.raises(TinymlError, match="no place for tensor 2"):
        check_plan(CHAIN, [[], []], replace(plan, placements=plan.placements[:2]))
