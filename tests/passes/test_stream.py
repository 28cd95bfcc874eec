# SPDX-License-Identifier: Apache-2.0
"""A window that slides, hop by hop: the outputs of whole windows, less to compute, and what cannot be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support.effort import times
from support.random_slides import Slide, random_slide
from support.real_models import PUBLIC
from support.tflite_writer import GraphBuilder

from toolkit.errors import UnsupportedError
from toolkit.ir.dump import graph_text
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.macs import count_macs
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.state import start_states
from toolkit.passes.sequence import clean, improve
from toolkit.passes.stream import kept_columns
from toolkit.tflite.reader import read_graph

SAVES_NOTHING = "nothing would be saved"


def streamed(graph: Graph, hop: int = 0) -> Graph:
    return improve(clean(graph), hop=hop)


def macs(graph: Graph) -> int:
    return sum(count_macs(graph, operation) for operation in graph.operations)


def kinds(graph: Graph) -> list[str]:
    return [operation.kind for operation in graph.operations]


def assert_same_as_whole_windows(whole: Graph, hops: Graph, seed: int, windows: int = 2) -> None:
    """Feed random rows to both; before the first window is full, nothing is asked of hops."""
    stream, rng = hops.stream, np.random.default_rng(seed)
    assert stream is not None
    axis, count = stream.axis, stream.runs + windows
    shape = list(whole.tensors[whole.inputs[0]].shape)
    shape[axis] = count * stream.hop
    rows = rng.integers(-128, 128, shape).astype(np.int8)

    def part(start: int, end: int) -> Array:
        return np.take(rows, range(start, end), axis)

    states = start_states(hops)
    for run in range(count):
        end = (run + 1) * stream.hop
        outputs = evaluate(hops, [part(end - stream.hop, end)], states)
        assert int(states[stream.counter][0]) == min(run + 1, stream.runs)
        if run + 1 >= stream.runs:
            for got, right in zip(outputs, evaluate(whole, [part(end - stream.window, end)]), strict=True):
                np.testing.assert_array_equal(got, right, err_msg=f"seed {seed}, run {run}")


def check_random(seed: int) -> None:
    whole = random_slide(seed)
    try:
        least = streamed(whole)
    except UnsupportedError as error:
        assert SAVES_NOTHING in error.message or "hop of" in error.message, error.message
        return
    stream = least.stream
    assert stream is not None
    assert_same_as_whole_windows(whole, least, seed)
    for factor in (2, 3):
        if factor * stream.hop < stream.window:
            try:
                wider = streamed(whole, factor * stream.hop)
            except UnsupportedError as error:
                assert SAVES_NOTHING in error.message
                continue
            assert_same_as_whole_windows(whole, wider, seed)


@pytest.mark.parametrize("seed", range(8))
def test_random_layers_give_by_hops_what_they_give_for_windows(seed: int) -> None:
    check_random(seed)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(100, 100 + times(60, here=10)))
def test_many_random_layers_give_by_hops_what_they_give_for_windows(seed: int) -> None:
    check_random(seed)


def a_conv(rows: int = 12, kernel: int = 3, stride: int = 1) -> tuple[Slide, int, int]:
    slide = Slide(np.random.default_rng(7))
    source = slide.source(rows, 1, 4)
    return slide, source, slide.conv(source, kernel, stride, 1)


def test_a_layer_keeps_the_columns_of_its_kernel_and_computes_one() -> None:
    slide, source, x = a_conv()
    whole = slide.builder.graph([source], [slide.head(x, "whole conv")])

    hops = streamed(whole)

    first, *_ = kept_columns(hops)
    assert (first.columns, first.bytes) == (3, 12)
    assert hops.tensors[hops.inputs[0]].shape == (1, 1, 1, 4)
    assert macs(hops) < macs(whole) / 2
    assert "stream: 1 new of 12 rows, axis 1" in graph_text(hops)


def test_a_pointwise_layer_keeps_nothing() -> None:
    slide, source, x = a_conv(kernel=1)
    hops = streamed(slide.builder.graph([source], [slide.head(x, "whole conv")]))

    assert kinds(hops).count("STREAM_SHIFT") == 1


def test_hops_that_are_no_part_of_a_window_fill_it_all_the_same() -> None:
    slide, source, x = a_conv(rows=13)
    whole = slide.builder.graph([source], [slide.head(x, "mean")])

    hops = streamed(whole, 3)

    assert hops.stream is not None
    assert hops.stream.runs == 5
    assert_same_as_whole_windows(whole, hops, 3)


def pooled(slide: Slide, x: int, *more: int) -> Graph:
    return slide.builder.graph([0], [slide.head(x, "mean"), *more])


def test_a_mean_over_the_window_keeps_running_sums() -> None:
    slide, _, x = a_conv(rows=13)
    whole = pooled(slide, x)

    hops = streamed(whole, 2)

    assert kinds(hops).count("STREAM_SUM") == 1
    assert "MEAN" not in kinds(hops)
    channels = slide.sizes(x)[2]
    assert kept_columns(hops)[-1].bytes == 11 * channels + 4 * (channels + 1)
    assert_same_as_whole_windows(whole, hops, 4, windows=12)


def test_columns_that_are_kept_anyway_are_added_up() -> None:
    slide, _, x = a_conv(rows=13)
    whole = pooled(slide, x, slide.matrix(x))

    hops = streamed(whole)

    assert "STREAM_SUM" not in kinds(hops)
    assert_same_as_whole_windows(whole, hops, 5)


def test_the_wake_word_s_windows_are_all_equal() -> None:
    path = PUBLIC / "sww.tflite"
    if not path.is_file():
        pytest.skip(f"no {path}: set TINYML_SHARED_MODELS")
    whole = read_graph(path.read_bytes(), "sww")

    hops = streamed(whole)

    assert (macs(whole), macs(hops)) == (826_368, 46_040)
    assert_same_as_whole_windows(whole, hops, 1, windows=9)


Layers = Callable[[Slide, int], int]


def refusal(layers: Layers, hop: int = 0, rows: int = 12, channels: int = 4) -> str:
    slide = Slide(np.random.default_rng(5))
    source = slide.source(rows, 1, channels)
    graph = slide.builder.graph([source], [layers(slide, source)])
    with pytest.raises(UnsupportedError) as caught:
        streamed(graph, hop)
    return f"{caught.value.message} {caught.value.hint}"


def padded(slide: Slide, source: int) -> int:
    """A convolution with a row of padding at each end of the window, and a matrix."""
    rows, columns, channels = slide.sizes(source)
    ones = np.ones((channels, 3, 1, channels))
    weights = slide.builder.tensor(ones.shape, scale=0.02, data=ones)
    y = slide.tensor((1, rows, columns, channels))
    options = {"stride_h": 1, "stride_w": 1, "padding": "SAME", "fused_activation_function": "NONE"}
    slide.builder.operation("CONV_2D", [source, weights, -1], [y], **options)
    return slide.matrix(y)


def test_padding_along_the_window_is_refused_with_the_layer() -> None:
    said = refusal(padded)

    assert "operation 0 (CONV_2D) does not only shift: it pads the window's ends (SAME) along axis 1" in said
    assert 'padding = "valid" in [model]' in said


def test_a_pad_along_the_window_is_refused() -> None:
    def causal(slide: Slide, source: int) -> int:
        x = slide.conv(source, 1, 1, 1)
        _, _, channels = slide.sizes(x)
        y = slide.builder.tensor((1, 14, 1, channels), scale=0.05, zero_point=5)
        pairs = slide.builder.tensor((4, 2), "int32", data=[[0, 0], [2, 0], [0, 0], [0, 0]])
        slide.builder.operation("PAD", [x, pairs], [y])
        return slide.matrix(slide.conv(y, 3, 1, 1))

    assert "pads the window's ends" in refusal(causal)


def test_a_stride_that_the_hop_does_not_divide_names_a_hop_that_works() -> None:
    def strides(slide: Slide, source: int) -> int:
        return slide.matrix(slide.conv(slide.conv(source, 2, 2, 1), 2, 2, 1))

    said = refusal(strides, hop=2, rows=32)

    assert "the columns of operation 1 (CONV_2D) are 4 rows apart, and a hop of 2" in said
    assert "Try: a hop of 4" in said


def test_a_hop_as_long_as_the_window_is_refused() -> None:
    said = refusal(lambda slide, source: slide.matrix(slide.conv(source, 3, 1, 1)), hop=12)

    assert "a hop of 12 rows is not from 1 to 11: a window has 12" in said


def test_a_matrix_over_the_whole_window_saves_nothing() -> None:
    assert SAVES_NOTHING in refusal(lambda slide, source: slide.matrix(source))


def test_a_softmax_over_the_window_is_refused() -> None:
    def softmax(slide: Slide, source: int) -> int:
        x = slide.conv(source, 3, 1, 1)
        rows, _, channels = slide.sizes(x)
        zero = slide.zero_point(x)
        turned = slide.builder.tensor((1, 1, channels, rows), scale=0.05, zero_point=zero)
        slide.builder.operation("TRANSPOSE", [x, slide.constant((0, 2, 3, 1))], [turned])
        y = slide.builder.tensor((1, 1, channels, rows), scale=1 / 256, zero_point=-128)
        slide.builder.operation("SOFTMAX", [turned], [y], beta=1.0)
        return y

    assert "operation 2 (SOFTMAX) does not only shift: it goes over axis 3, which slides" in refusal(softmax)


def test_what_scales_each_column_by_the_whole_window_is_refused() -> None:
    def excited(slide: Slide, source: int) -> int:
        x = slide.conv(source, 3, 1, 1)
        shape = slide.builder.tensors[x].shape
        mean, y = slide.tensor((1, 1, 1, shape[3])), slide.tensor(shape)
        slide.builder.operation("MEAN", [x, slide.constant((1, 2))], [mean], keep_dims=True)
        slide.builder.operation("MUL", [x, mean], [y], fused_activation_function="NONE")
        return slide.matrix(y)

    assert "operation 2 (MUL) does not only shift: it combines each column with" in refusal(excited)


def test_a_constant_for_each_place_of_the_window_is_refused() -> None:
    def placed(slide: Slide, source: int) -> int:
        shape = slide.builder.tensors[source].shape
        places = slide.builder.tensor(shape, scale=0.05, data=np.arange(np.prod(shape)).reshape(shape) % 90)
        y = slide.tensor(shape)
        slide.builder.operation("ADD", [source, places], [y], fused_activation_function="NONE")
        return slide.matrix(slide.conv(y, 3, 1, 1))

    assert "operation 0 (ADD) does not only shift: its constant is not the same" in refusal(placed)


def test_columns_behind_each_other_are_refused() -> None:
    def behind(slide: Slide, source: int) -> int:
        x = slide.conv(source, 3, 1, 1)
        rows, columns, channels = slide.sizes(x)
        y = slide.builder.tensor(slide.shape(2 * rows, columns, channels), scale=0.05, zero_point=5)
        slide.builder.operation("CONCATENATION", [x, x], [y], axis=1, fused_activation_function="NONE")
        return slide.matrix(y)

    assert "operation 1 (CONCATENATION) does not only shift: it puts columns behind each other" in refusal(
        behind
    )


def test_an_operator_that_nobody_proved_is_refused() -> None:
    def resized(slide: Slide, source: int) -> int:
        x = slide.conv(source, 3, 1, 1)
        rows, columns, channels = slide.sizes(x)
        y = slide.builder.tensor(slide.shape(2 * rows, columns, channels), scale=0.05, zero_point=5)
        size = slide.constant((2 * rows, columns))
        slide.builder.operation("RESIZE_NEAREST_NEIGHBOR", [x, size], [y])
        return slide.matrix(y)

    assert "operation 1 (RESIZE_NEAREST_NEIGHBOR) does not only shift" in refusal(resized)


def test_branches_that_move_on_differently_are_refused() -> None:
    def different(slide: Slide, source: int) -> int:
        slow, fast = slide.conv(source, 2, 2, 1), slide.crop(source, 0, 6)
        slow = slide.crop(slow, 0, 6)
        channels = slide.sizes(slow)[2]
        y = slide.tensor((1, 6, 1, max(channels, 1)))
        slide.builder.operation("ADD", [slow, fast], [y], fused_activation_function="NONE")
        return slide.matrix(y)

    def one_channel(slide: Slide, source: int) -> int:
        slide.rng = np.random.default_rng(0)
        return different(slide, source)

    assert "its inputs move on by different numbers of columns" in refusal(one_channel, channels=1)


def test_a_model_that_remembers_is_refused() -> None:
    builder = GraphBuilder()
    x = builder.tensor((1, 8), scale=0.1)
    kept = builder.tensor((1, 8), scale=0.1, state=0)
    y, total = (builder.tensor((1, 8), scale=0.1) for _ in range(2))
    builder.operation("READ_VARIABLE", [kept], [y])
    builder.operation("ADD", [x, y], [total], fused_activation_function="NONE")
    builder.operation("ASSIGN_VARIABLE", [kept, total], [])

    with pytest.raises(UnsupportedError, match=r"operation 0 \(READ_VARIABLE\) remembers what was before"):
        streamed(builder.graph([x], [total]))


def test_two_inputs_are_refused() -> None:
    slide, source, x = a_conv()
    other = slide.tensor((1, 4))

    with pytest.raises(UnsupportedError, match="it has 2 inputs; only one can slide"):
        streamed(slide.builder.graph([source, other], [x]))


def test_several_windows_at_once_are_refused() -> None:
    builder = GraphBuilder()
    x, y = (builder.tensor((2, 8, 1, 1), scale=0.1) for _ in range(2))
    builder.operation("RELU", [x], [y])

    with pytest.raises(UnsupportedError, match="is not one window of rows"):
        streamed(builder.graph([x], [y]))
