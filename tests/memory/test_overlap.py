# SPDX-License-Identifier: Apache-2.0
"""How far outputs may stand over inputs, the search for the least arena, and the order of operations."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.effort import breadth
from support.random_networks import random_network
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.errors import TinymlError
from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.memory.check import check_plan
from toolkit.memory.layout import lay_out
from toolkit.memory.order import best_order
from toolkit.memory.overlap import Separation, clearance, fits
from toolkit.memory.placement import Puzzle, place_greedily, step_bounds
from toolkit.memory.plan import ALIGNMENT, Buffer, MemoryPlan, Placement
from toolkit.memory.planner import place_buffers
from toolkit.memory.search import improve
from toolkit.ops.shared.operator import Walk
from toolkit.ops.shared.registry import operators
from toolkit.targets.target import Target

pytestmark = pytest.mark.no_cover


def convolutions(count: int, kind: str = "DEPTHWISE_CONV_2D") -> Graph:
    """Return 3 x 3 convolutions in a row over an image of 8 x 8 x 16."""
    builder = GraphBuilder()
    tensors = [builder.tensor((1, 8, 8, 16), scale=0.5)]
    for _ in range(count):
        weights = builder.tensor((1, 3, 3, 16), scale=0.1, data=np.ones((1, 3, 3, 16)))
        bias = builder.tensor((16,), "int32", scale=0.05, data=np.zeros(16))
        tensors.append(builder.tensor((1, 8, 8, 16), scale=0.5))
        options = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "depth_multiplier": 1}
        builder.operation(
            kind, [tensors[-2], weights, bias], tensors[-1:], fused_activation_function="NONE", **options
        )
    return builder.graph(tensors[:1], tensors[-1:])


steps = st.lists(st.integers(-1, 6), min_size=1, max_size=12).map(np.array)


@settings(max_examples=breadth(200, here=60), deadline=None)
@given(steps, steps.filter(lambda s: s.min() >= 0))
def test_the_clearance_is_the_least_distance_from_which_all_are_allowed(
    reads: np.ndarray, writes: np.ndarray
) -> None:
    def is_allowed(distance: int) -> bool:
        shared = [(w, w + distance) for w in range(len(writes)) if 0 <= w + distance < len(reads)]
        return all(writes[w] >= reads[r] for w, r in shared)

    before, after = clearance(reads, writes)

    far = len(reads) + len(writes)
    assert all(is_allowed(-d) for d in range(before, far + 1))
    assert all(is_allowed(d) for d in range(after, far + 1))
    assert before == -len(reads) or not is_allowed(-(before - 1))
    assert after == -len(writes) or not is_allowed(after - 1)


def test_a_chain_of_depthwise_convolutions_runs_to_and_fro_in_one_buffer_and_ten_pixels() -> None:
    model = compile_model(write_tflite(convolutions(6)), "chain")

    assert model.arena_bytes == 8 * 8 * 16 + 10 * 16
    assert set(model.plan.walks) == {0, 1}
    assert model.plan.is_least


def test_the_checker_rejects_an_output_one_row_too_close() -> None:
    layout = lay_out([convolutions(1)], Target())
    (operation,) = layout.graph.operations
    walk = operators()[operation.kind].walks(layout.graph, operation, Target())[0]
    first, second = (p.buffer for p in layout.plan.placements)

    def plan(distance: int) -> MemoryPlan:
        return MemoryPlan((Placement(first, distance), Placement(second, 0)), 2048, 0)

    check_plan(layout.graph, [[]], plan(9 * 16), [walk])
    with pytest.raises(TinymlError, match=r"destroys byte \d+ of tensor 0 before it is read"):
        check_plan(layout.graph, [[]], plan(8 * 16), [walk])
    with pytest.raises(TinymlError, match="overlaps what is in use"):
        check_plan(layout.graph, [[]], plan(9 * 16), [None])
    with pytest.raises(TinymlError, match="overlaps what is in use"):
        check_plan(layout.graph, [[]], plan(9 * 16), [Walk({}, walk.first_writes)])
    with pytest.raises(TinymlError, match="walks for 2 of 1 operations"):
        check_plan(layout.graph, [[]], plan(9 * 16), [walk, walk])


POOL = {"filter_height": 3, "filter_width": 3, "stride_h": 1, "stride_w": 1, "padding": "SAME"}


def test_an_input_that_is_read_later_or_is_an_output_is_not_written_over() -> None:
    for is_output in (True, False):
        builder = GraphBuilder()
        tensors = [builder.tensor((1, 8, 8, 1), scale=0.5) for _ in range(4)]
        builder.operation("RELU", [tensors[0]], [tensors[1]])
        builder.operation("MAX_POOL_2D", tensors[1:2], tensors[2:3], **POOL)
        builder.operation("ADD", tensors[1:3], [tensors[3]], fused_activation_function="NONE")
        outputs = tensors[1:2] if is_output else []

        model = compile_model(write_tflite(builder.graph(tensors[:1], [tensors[3], *outputs])), "m")

        assert model.arena_bytes == 128


@st.composite
def puzzles(draw: st.DrawFn) -> Puzzle:
    count = draw(st.integers(2, 4))
    buffers = [Buffer(16 * draw(st.integers(1, 3)), 0, 0) for _ in range(count)]
    pairs = []
    for first, second in product(range(count), repeat=2):
        if first < second and draw(st.booleans()):
            apart = -buffers[second].bytes, buffers[first].bytes
            low, high = (16 * draw(st.integers(edge // 16, 0)) for edge in (apart[0], -apart[1]))
            pairs.append(Separation(first, second, low, -high, overlaps=True))
    return Puzzle(buffers, pairs)


@settings(max_examples=breadth(120, here=40), deadline=None)
@given(puzzles())
def test_the_search_finds_the_least_arena(puzzle: Puzzle) -> None:
    def fits(offsets: tuple[int, ...]) -> bool:
        distances = ((offsets[p.second] - offsets[p.first], p) for p in puzzle.separations)
        return all(d <= p.low or d >= p.high for d, p in distances)

    places = product(range(0, 16 * 3 * 4, 16), repeat=len(puzzle.buffers))
    least = min(puzzle.size(offsets) for offsets in places if fits(offsets))
    worst = list(np.cumsum([0, *(b.bytes for b in puzzle.buffers[:-1])]))

    offsets, is_least = improve(puzzle, worst, 0)

    assert is_least
    assert fits(tuple(offsets))
    assert puzzle.size(offsets) == least
    assert puzzle.size(place_greedily(puzzle, 0)) >= least


def test_a_puzzle_that_is_too_much_work_keeps_the_best_plan_found() -> None:
    rng = np.random.default_rng(3)
    buffers = [
        Buffer(int(size), int(first), int(first) + int(length))
        for size, first, length in zip(
            rng.integers(1, 4000, 90), rng.integers(0, 60, 90), rng.integers(1, 25, 90), strict=True
        )
    ]
    pairs = [
        Separation(i, j, -(-(-b.bytes // 16) * 16), -(-a.bytes // 16) * 16)
        for i, a in enumerate(buffers)
        for j, b in enumerate(buffers)
        if i < j and a.pieces[0].meets(b.pieces[0])
    ]
    puzzle = Puzzle(buffers, pairs)

    plan = place_buffers(puzzle)

    assert plan.arena_bytes <= puzzle.size(place_greedily(puzzle, 0))
    assert plan.is_least == (plan.arena_bytes == max(step_bounds(puzzle)))


def test_branches_run_one_after_the_other_where_the_model_has_them_side_by_side() -> None:
    """Each branch widens and narrows again; side by side, all are wide at once."""
    builder = GraphBuilder()
    source = builder.tensor((1, 16), scale=0.5)
    wide, narrow = [], []
    for _ in range(3):
        weights = builder.tensor((512, 16), scale=0.1, data=np.ones((512, 16)))
        wide.append(builder.tensor((1, 512), scale=0.5))
        builder.operation("FULLY_CONNECTED", [source, weights, -1], wide[-1:])
    for tensor in wide:
        weights = builder.tensor((16, 512), scale=0.1, data=np.ones((16, 512)))
        narrow.append(builder.tensor((1, 16), scale=0.5))
        builder.operation("FULLY_CONNECTED", [tensor, weights, -1], narrow[-1:])
    sums = [narrow[0]]
    for tensor in narrow[1:]:
        result = builder.tensor((1, 16), scale=0.5)
        builder.operation("ADD", [sums[-1], tensor], [result], fused_activation_function="NONE")
        sums.append(result)

    model = compile_model(write_tflite(builder.graph([source], sums[-1:])), "branches")

    assert [o.index for o in model.graph.operations] != sorted(o.index for o in model.graph.operations)
    assert model.arena_bytes < 2 * 512


def test_the_same_model_gives_the_same_plan() -> None:
    for seed in range(12):
        model = compile_model(write_tflite(random_network(seed)), "m")
        again = compile_model(write_tflite(random_network(seed)), "m")

        assert model.sources == again.sources
        assert model.arena_bytes % ALIGNMENT == 0
        assert model.arena_bytes >= model.plan.lower_bound_bytes


def test_the_sum_of_two_halves_stands_over_the_whole() -> None:
    builder = GraphBuilder()
    whole = builder.tensor((1, 2, 64), scale=0.5)
    first, second, total = (builder.tensor((1, 1, 64), scale=0.5) for _ in range(3))
    axis = builder.tensor((), "int32", data=1)
    builder.operation("SPLIT", [axis, whole], [first, second], num_splits=2)
    builder.operation("ADD", [first, second], [total], fused_activation_function="NONE")

    model = compile_model(write_tflite(builder.graph([whole], [total])), "halves")

    assert [o.kind for o in model.graph.operations] == ["ADD"]
    assert model.arena_bytes == model.plan.lower_bound_bytes == 128


def test_operations_with_effects_keep_their_order() -> None:
    """Three branches that would otherwise run one after the other."""
    tensors = [Tensor(i, f"t{i}", (16 if i % 2 == 0 else 512,), "int8") for i in range(6)]
    edges = [((0,), (1,)), ((0,), (3,)), ((1,), (2,)), ((3,), (4,))]

    def orders(kind: str) -> list[int]:
        operations = tuple(Operation(i, kind, 1, *edge) for i, edge in enumerate(edges))
        graph = Graph("net", tuple(tensors), operations, (0,), (2, 4))
        return best_order(graph, [[]] * 4, [()] * 4)

    assert orders("FULLY_CONNECTED") == [0, 2, 1, 3]
    assert orders("WHILE") == [0, 1, 2, 3]


def test_a_walk_that_does_not_know_a_tensor_fits_only_apart() -> None:
    source, result = (Tensor(i, f"t{i}", (16,), "int8") for i in range(2))

    assert not fits(Walk({}, {}), source, result, 8)
    assert fits(Walk({}, {}), source, result, 16)
