# SPDX-License-Identifier: Apache-2.0
"""Parts of a buffer that are needed for different times: each byte is free as soon as it can be."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from support.effort import breadth

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.memory.check import check_plan
from toolkit.memory.lifetimes import buffer_lifetimes
from toolkit.memory.overlap import separations
from toolkit.memory.placement import Puzzle
from toolkit.memory.plan import Buffer, Piece, align
from toolkit.memory.planner import place_buffers, plan_memory


def rows_to_rows(rows: int, size: int) -> Graph:
    """Return operations that make each row of an image of a row of another one."""
    whole = [Tensor(i, f"image{i}", (rows, size), "int8") for i in range(2)]
    parts = [
        Tensor(2 + 2 * row + side, f"row{row}", (size,), "int8", storage=side, storage_offset=row * size)
        for row in range(rows)
        for side in range(2)
    ]
    operations = tuple(
        Operation(row, "ROW", 1, (parts[2 * row].id,), (parts[2 * row + 1].id,)) for row in range(rows)
    )
    return Graph("rows", (*whole, *parts), operations, (0,), (1,))


def test_the_rows_of_an_image_live_until_they_are_read_and_from_when_they_are_written() -> None:
    source, result = buffer_lifetimes(rows_to_rows(3, 32), [[]] * 3)

    assert source.parts == (Piece(0, 32, 0, 0), Piece(32, 64, 0, 1), Piece(64, 96, 0, 2))
    assert result.parts == (Piece(0, 32, 0, 2), Piece(32, 64, 1, 2), Piece(64, 96, 2, 2))
    assert [source.alive_bytes(step) for step in range(4)] == [96, 64, 32, 0]


def test_neighbours_that_live_equally_long_are_one_piece() -> None:
    tensors = [
        Tensor(0, "whole", (64,), "int8"),
        *(Tensor(1 + i, f"half{i}", (32,), "int8", storage=0, storage_offset=32 * i) for i in range(2)),
        Tensor(3, "sum", (32,), "int8"),
    ]
    graph = Graph("halves", tuple(tensors), (Operation(0, "ADD", 1, (1, 2), (3,)),), (0,), (3,))

    assert buffer_lifetimes(graph, [[]])[0] == Buffer(64, 0, 0, tensor=0)


def test_an_image_grows_row_by_row_over_the_one_that_it_is_made_of() -> None:
    graph = rows_to_rows(8, 32)

    plan = plan_memory(graph, [[]] * 8)

    check_plan(graph, [[]] * 8, plan)
    assert plan.arena_bytes == 9 * 32 == plan.lower_bound_bytes
    assert plan.step_bytes == (9 * 32,) * 8


pieces = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6), st.integers(0, 4)), min_size=1, max_size=4)


def buffer_of(spans: list[tuple[int, int, int]]) -> Buffer:
    parts, start = [], 0
    for size, first, more in spans:
        parts.append(Piece(start, start + size, first, first + more))
        start += size
    first, last = min(p.first for p in parts), max(p.last for p in parts)
    return Buffer(start, first, last, parts=tuple(parts))


@settings(max_examples=breadth(80, here=30), deadline=None)
@given(st.lists(pieces, min_size=1, max_size=7))
def test_no_byte_has_two_owners_in_a_step_and_the_bound_is_one(
    net: list[list[tuple[int, int, int]]],
) -> None:
    buffers = [buffer_of(spans) for spans in net]
    graph = Graph("none", (), (), (), ())

    plan = place_buffers(Puzzle(buffers, separations(graph, buffers, [])))

    for step in range(12):
        alive = [
            (p.offset + piece.start, p.offset + piece.end)
            for p in plan.placements
            for piece in p.buffer.pieces
            if piece.first <= step <= piece.last
        ]
        for one, other in product(alive, repeat=2):
            assert one is other or one[1] <= other[0] or other[1] <= one[0]
        assert align(sum(end - start for start, end in alive)) <= plan.lower_bound_bytes <= plan.arena_bytes
