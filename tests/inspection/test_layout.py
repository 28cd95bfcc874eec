# SPDX-License-Identifier: Apache-2.0
"""Where the layers of a model stand in a drawing."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.inspection.inspect import inspect_model
from toolkit.inspection.layout import Layout, lay_out


def crossings(found: Layout) -> int:
    """Count the pairs of lines that change sides from one row to the next."""
    steps = set()
    for wire in found.wires:
        way = [found.spots[wire.start], *wire.spots, found.spots[wire.end]]
        steps |= {(a.row, a.x, b.x) for a, b in pairwise(way)}
    pairs = combinations(steps, 2)
    return sum(a[0] == b[0] and (a[1] - b[1]) * (a[2] - b[2]) < 0 for a, b in pairs)


def test_layers_in_a_row_are_a_straight_column() -> None:
    found = lay_out([(), (0,), (1,), (2,)])
    assert [(spot.x, spot.row) for spot in found.spots] == [(0.5, 0), (0.5, 1), (0.5, 2), (0.5, 3)]
    assert (found.width, found.rows) == (1.0, 4)


def test_a_residual_addition_is_a_line_beside_the_layers_that_it_passes() -> None:
    found = lay_out([(), (0,), (1,), (2, 0)])
    (beside,) = [wire for wire in found.wires if wire.spots]
    assert (beside.start, beside.end) == (0, 3) and [spot.row for spot in beside.spots] == [1, 2]
    assert all(abs(spot.x - found.spots[1].x) > 0.5 for spot in beside.spots)


def test_the_branches_of_an_inception_block_stand_side_by_side_without_crossing() -> None:
    found = lay_out([(), (0,), (0,), (0,), (0,), (2,), (3,), (4,), (1, 5, 6, 7)])
    assert len({found.spots[i].x for i in (1, 2, 3, 4)}) == 4
    assert [found.spots[i].x for i in (5, 6, 7)] == [found.spots[i].x for i in (2, 3, 4)]
    assert crossings(found) == 0


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(0, 14))
    return [draw(st.lists(st.integers(0, i - 1), max_size=4)) if i else [] for i in range(count)]


@given(graphs())
def test_nothing_lies_on_another_and_every_line_goes_down(after: list[list[int]]) -> None:
    found = lay_out(after)
    boxes = [(spot.row, spot.x, 0.5) for spot in found.spots]
    boxes += [(s.row, s.x, 0.1) for s in {s for wire in found.wires for s in wire.spots}]
    assert all(a[0] != b[0] or abs(a[1] - b[1]) >= a[2] + b[2] for a, b in combinations(boxes, 2))
    assert all(x - half >= -1e-3 and x + half <= found.width + 1e-3 for _, x, half in boxes)
    assert {(w.start, w.end) for w in found.wires} == {(i, e) for e, each in enumerate(after) for i in each}
    for wire in found.wires:
        way = [found.spots[wire.start], *wire.spots, found.spots[wire.end]]
        assert [spot.row for spot in way] == list(range(way[0].row, way[-1].row + 1))


def test_a_layer_comes_after_what_wrote_its_bytes_through_reshapes_and_slices() -> None:
    b = GraphBuilder("branches")
    x, y, z, joined, flat = (b.tensor(s, scale=0.5) for s in ((1, 4), (1, 4), (1, 4), (1, 8), (8, 1)))
    out = b.tensor((8, 1), scale=1 / 256, zero_point=-128)
    b.operation("RELU", [x], [y])
    b.operation("RELU6", [x], [z])
    b.operation("CONCATENATION", [y, z], [joined], axis=1, fused_activation_function="NONE")
    b.operation("RESHAPE", [joined, b.tensor((2,), "int32", data=[8, 1])], [flat], new_shape=(8, 1))
    b.operation("LOGISTIC", [flat], [out])
    found = inspect_model(write_tflite(b.graph([x], [out])), "branches", [])
    assert found.refusal == "" and [layer.kind for layer in found.layers] == ["RELU", "RELU6", "LOGISTIC"]
    assert [layer.after for layer in found.layers] == [(-1,), (-1,), (0, 1)]
