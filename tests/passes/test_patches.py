# SPDX-License-Identifier: Apache-2.0
"""Layers in patches: every pixel as it was, no copies where rows lie side by side, and what stays whole."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from support.effort import times
from support.kernel_runner import random_samples
from support.random_stacks import random_stack
from support.tflite_writer import GraphBuilder

from toolkit.ir.dump import graph_text
from toolkit.ir.graph import Graph
from toolkit.ir.rules import check_graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.passes.patches import Box, Segment, boxes, cut, find_segments, patch_rows
from toolkit.passes.sequence import clean, improve


def convolutions(*channels: int, size: int = 9, stride: int = 1) -> GraphBuilder:
    """Return a builder with 3 x 3 convolutions in a row over a square image; tensor 0 is the first input."""
    builder = GraphBuilder()
    x = builder.tensor((1, size, size, channels[0]), scale=0.5)
    for into, out in pairwise(channels):
        weights = builder.tensor((out, 3, 3, into), scale=0.1, data=np.ones((out, 3, 3, into)))
        size = -(-size // stride)
        y = builder.tensor((1, size, size, out), scale=0.5)
        options = {"padding": "SAME", "stride_h": stride, "stride_w": stride}
        builder.operation("CONV_2D", [x, weights, -1], [y], fused_activation_function="NONE", **options)
        x = y
    return builder


def last(builder: GraphBuilder) -> int:
    return builder.operations[-1].outputs[0]


def kinds(graph: Graph) -> list[str]:
    return [operation.kind for operation in graph.operations]


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(times(8, here=3)))
def test_a_stack_cut_anywhere_gives_the_same_pixels(seed: int) -> None:
    graph = improve(clean(random_stack(seed)))
    rng = np.random.default_rng(seed)
    (sample,) = random_samples(graph, rng, 1)
    truth = evaluate(graph, sample)

    segments = find_segments(graph)

    assert segments
    for segment in segments:
        _, rows, columns, _ = graph.tensors[graph.operations[segment.end - 1].outputs[0]].shape
        unit = patch_rows(graph, segment)
        height = unit * int(rng.integers(1, -(-rows // unit) + 1))
        width = int(rng.integers(1, columns + 2))
        found = cut(graph, segment, height, width)
        check_graph(found, "cut")
        for expected, value in zip(truth, evaluate(found, sample), strict=True):
            message = f"{segment} in {height} x {width}"
            np.testing.assert_array_equal(value, expected, err_msg=message)


def test_bands_of_rows_are_written_side_by_side_and_read_where_they_are() -> None:
    builder = convolutions(4, 4, 4)
    graph = cut(builder.graph([0], [last(builder)]), Segment(0, 2), 3, 9)

    assert kinds(graph) == ["CONV_2D"] * 6
    row = 9 * 4
    outputs = [graph.tensors[o.outputs[0]] for o in graph.operations[1::2]]
    inputs = [graph.tensors[o.inputs[0]] for o in graph.operations[::2]]
    assert [(t.storage, t.storage_offset) for t in outputs] == [
        (last(builder), 3 * i * row) for i in range(3)
    ]
    assert [(t.storage, t.storage_offset) for t in inputs] == [(0, 0), (0, row), (0, 4 * row)]
    assert [t.shape[1] for t in inputs] == [5, 7, 5]


def test_the_patches_of_a_row_are_joined_by_one_copy() -> None:
    builder = convolutions(4, 4, 4)
    graph = cut(builder.graph([0], [last(builder)]), Segment(0, 2), 5, 5)

    assert kinds(graph) == (["CONV_2D"] * 4 + ["CONCATENATION"]) * 2


def test_weights_are_there_once() -> None:
    builder = convolutions(4, 4, 4)
    graph = cut(builder.graph([0], [last(builder)]), Segment(0, 2), 1, 9)

    assert len({o.inputs[1] for o in graph.operations}) == 2


def test_bands_begin_at_multiples_of_four_bytes_in_images_of_odd_rows() -> None:
    builder = convolutions(1, 3, 1)
    whole = builder.graph([0], [last(builder)])
    graph = cut(whole, Segment(0, 2), 4, 9)

    assert patch_rows(whole, Segment(0, 2)) == 4
    assert all(t.storage_offset % 4 == 0 for t in graph.tensors)
    rows = [graph.tensors[o.inputs[0]] for o in graph.operations[::2]]
    assert [t.storage_offset // 9 for t in rows] == [0, 0, 4]
    assert [o.options["pad_top"] for o in graph.operations[::2]] == [1, -2, -2]


def test_a_patch_takes_what_is_under_its_windows_and_inside_the_image() -> None:
    builder = convolutions(1, 1, 1, stride=2)
    found = boxes(builder.graph([0], [last(builder)]), Segment(0, 2), Box(1, 2, 0, 1))

    assert found[builder.operations[0].outputs[0]] == Box(1, 4, 0, 2)
    assert found[0] == Box(1, 8, 0, 4)


def test_an_output_that_is_needed_elsewhere_is_not_cut_away() -> None:
    builder = convolutions(4, 4, 4)
    first = builder.operations[0].outputs[0]

    assert find_segments(builder.graph([0], [last(builder)])) == [Segment(0, 1), Segment(0, 2), Segment(1, 2)]
    assert find_segments(builder.graph([0], [first, last(builder)])) == [Segment(0, 1), Segment(1, 2)]


def test_what_needs_the_whole_image_ends_a_segment() -> None:
    builder = convolutions(4, 4)
    axes = builder.tensor((2,), "int32", data=[1, 2])
    mean = builder.tensor((1, 4), scale=0.5)
    builder.operation("MEAN", [last(builder), axes], [mean], keep_dims=False)

    assert find_segments(builder.graph([0], [mean])) == [Segment(0, 1)]


def test_a_factor_for_each_pixel_ends_a_segment_and_one_for_each_channel_does_not() -> None:
    for shape, is_cut in (((1, 1, 4), True), ((4,), True), ((9, 9, 1), False), ((9, 1, 1), False)):
        builder = convolutions(4, 4)
        factor = builder.tensor(shape, scale=0.5, data=np.ones(shape))
        result = builder.tensor((1, 9, 9, 4), scale=0.5)
        builder.operation("MUL", [last(builder), factor], [result], fused_activation_function="NONE")

        assert (Segment(0, 2) in find_segments(builder.graph([0], [result]))) == is_cut, shape


def test_the_dump_says_which_pixels_a_tensor_has() -> None:
    builder = convolutions(4, 4, 4)
    graph = cut(builder.graph([0], [last(builder)]), Segment(0, 2), 3, 9)

    assert f"part of %{last(builder)} from [0, 3, 0, 0]" in graph_text(graph)
