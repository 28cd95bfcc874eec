# SPDX-License-Identifier: Apache-2.0
"""Channels that never change, and those that nothing reads: dropped, and every byte that stays the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.effort import breadth
from support.random_networks import random_network
from support.random_stacks import random_stack
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate_tensors
from toolkit.passes import drop_channels
from toolkit.passes.channel_bounds import channel_bounds
from toolkit.passes.sequence import clean, improve
from toolkit.verify.generated_c import random_rows, verify_model
from toolkit.verify.layers import first_layer_difference

_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def with_dead_channels(graph: Graph, seed: int) -> Graph:
    """Return graph with weights of which some channels are zero or never read, and biases out of reach."""
    rng = np.random.default_rng(seed)
    for operation in graph.operations:
        if operation.kind not in _WEIGHTED:
            continue
        weights = graph.tensors[operation.inputs[1]]
        assert weights.data is not None
        data, axis = weights.data.copy(), 3 if operation.kind == "DEPTHWISE_CONV_2D" else 0
        by_output = np.moveaxis(data, axis, 0)
        by_output[rng.random(len(by_output)) < 0.4] = 0
        if axis == 0:
            data[..., rng.random(data.shape[-1]) < 0.2] = 0
        graph = graph.with_tensor(replace(weights, data=data))
        if len(operation.inputs) == 3 and operation.inputs[2] >= 0:
            bias = graph.tensors[operation.inputs[2]]
            assert bias.data is not None
            far = rng.choice([0, 0, 0, -(1 << 26), 1 << 26], bias.data.shape)
            graph = graph.with_tensor(replace(bias, data=(bias.data + far).astype(bias.data.dtype)))
    return graph


def dropped(graph: Graph) -> int:
    return sum(t.kept.of - len(t.kept.channels) for t in graph.tensors if t.kept is not None)


def compared(graph: Graph, samples: int = 3) -> Graph:
    """Return graph improved, after the bytes of all its tensors were compared with graph's own."""
    improved = improve(clean(graph))
    for row in random_rows(graph, samples):
        inputs, start = [], 0
        for tensor in (graph.tensors[i] for i in graph.inputs):
            part = np.frombuffer(row.tobytes()[start : start + tensor.bytes], tensor.dtype)
            inputs.append(part.reshape(tensor.shape))
            start += tensor.bytes
        truth, got = evaluate_tensors(graph, inputs), evaluate_tensors(improved, inputs)
        assert first_layer_difference(improved, truth, got) is None
    return improved


def test_random_networks_stay_the_same_without_their_dead_channels() -> None:
    total = 0
    for seed in range(breadth(40, here=15)):
        make = random_network if seed % 2 else random_stack
        total += dropped(compared(with_dead_channels(make(seed), seed)))
    assert total > 60


def test_their_c_is_the_same_too() -> None:
    total = 0
    for seed in range(4):
        data = write_tflite(with_dead_channels(random_stack(seed), seed))
        compiled = compile_model(data, "dead")
        assert verify_model(compiled, data).skipped == ""
        total += dropped(compiled.graph)
    assert total > 0


def convolution(
    builder: GraphBuilder, source: int, out_c: int, *, kernel: int = 1, zero_point: int = -128, dead: int = 0
) -> int:
    """Return the output of a CONV_2D with a ReLU whose first channels are dead: always the zero point."""
    rng = np.random.default_rng(out_c + kernel)
    _, height, width, in_c = builder.tensors[source].shape
    shape = (out_c, kernel, kernel, in_c)
    weights = builder.tensor(shape, scale=[0.02] * out_c, axis=0, data=rng.integers(-127, 128, shape))
    bias = np.where(np.arange(out_c) < dead, -(1 << 24), 100)
    biases = builder.tensor((out_c,), "int32", scale=[0.002] * out_c, data=bias)
    result = builder.tensor((1, height, width, out_c), scale=0.1, zero_point=zero_point)
    options = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    builder.operation(
        "CONV_2D", [source, weights, biases], [result], padding="SAME",
        fused_activation_function="RELU", **options,
    )  # fmt: skip
    return result


def channels_kept(graph: Graph, tensor: int) -> tuple[int, ...]:
    kept = graph.tensors[tensor].kept
    return tuple(range(graph.tensors[tensor].shape[-1])) if kept is None else kept.channels


def test_a_channel_that_is_always_zero_goes_even_where_padding_is_read() -> None:
    builder = GraphBuilder()
    source = builder.tensor((1, 5, 5, 3), scale=0.1)
    middle = convolution(builder, source, 6, dead=2)
    result = convolution(builder, middle, 4, kernel=3)
    improved = compared(builder.graph([source], [result]))
    assert channels_kept(improved, middle) == (2, 3, 4, 5)
    assert improved.tensors[improved.operations[1].inputs[1]].shape == (4, 3, 3, 4)


def test_a_constant_that_differs_from_the_padding_stays_where_padding_is_read() -> None:
    for kernel, kept in ((3, 5), (1, 4)):
        builder = GraphBuilder()
        source = builder.tensor((1, 5, 5, 3), scale=0.1)
        middle = convolution(builder, source, 5, dead=0)
        weights = builder.tensors[builder.operations[0].inputs[1]]
        assert weights.data is not None
        weights.data[0] = 0
        result = convolution(builder, middle, 4, kernel=kernel)
        improved = compared(builder.graph([source], [result]))
        assert len(channels_kept(improved, middle)) == kept


def test_an_addition_keeps_a_channel_that_one_of_its_sides_needs() -> None:
    builder = GraphBuilder()
    source = builder.tensor((1, 4, 4, 3), scale=0.1)
    left, right = convolution(builder, source, 6, dead=3), convolution(builder, source, 6, kernel=3, dead=2)
    added = builder.tensor((1, 4, 4, 6), scale=0.2, zero_point=-128)
    builder.operation("ADD", [left, right], [added], fused_activation_function="NONE")
    result = convolution(builder, added, 2)
    improved = compared(builder.graph([source], [result]))
    assert channels_kept(improved, added) == channels_kept(improved, left) == (2, 3, 4, 5)


def test_an_output_of_the_model_keeps_all_its_channels() -> None:
    builder = GraphBuilder()
    source = builder.tensor((1, 4, 4, 3), scale=0.1)
    result = convolution(builder, source, 6, dead=3)
    improved = compared(builder.graph([source], [result]))
    assert dropped(improved) == 0


def test_a_model_that_always_says_the_same_keeps_a_channel() -> None:
    builder = GraphBuilder()
    source = builder.tensor((1, 4, 4, 3), scale=0.1)
    result = convolution(builder, convolution(builder, source, 6, dead=6), 2)
    improved = compared(builder.graph([source], [result]))
    assert [t.shape for t in map(improved.tensors.__getitem__, improved.operations[0].outputs)] == [
        (1, 4, 4, 1)
    ]


def test_a_graph_of_more_channels_than_any_board_could_hold_is_left_alone() -> None:
    """Found by the fuzzer: bounds of 80 million channels took 1.3 GB before the arena was refused."""
    builder = GraphBuilder()
    x, y = (builder.tensor((1, 1 << 30), scale=0.5) for _ in range(2))
    builder.operation("RELU", [x], [y])
    graph = builder.graph([x], [y])

    assert drop_channels.run(graph) is graph


def test_numbers_without_dimensions_have_bounds_too() -> None:
    builder = GraphBuilder("scalars")
    x, y, z = (builder.tensor((), scale=0.1, zero_point=3) for _ in range(3))
    builder.operation("RELU", [x], [y])
    builder.operation("ADD", [x, y], [z], fused_activation_function="NONE")
    data = write_tflite(builder.graph([x], [z]))

    assert verify_model(compile_model(data, "scalars"), data).samples


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
def test_what_is_quantized_from_another_type_can_be_any_number(dtype: str) -> None:
    builder = GraphBuilder()
    x = builder.tensor((1, 3, 3, 2), dtype, scale=None if dtype == "float32" else 0.1)
    quantized = [builder.tensor((1, 3, 3, 2), scale=0.1, zero_point=3) for _ in range(2)]
    for y in quantized:
        builder.operation("QUANTIZE", [x], [y])
    graph = builder.graph([x], quantized)

    for y in quantized:
        bounds = channel_bounds(graph)[y]
        assert (bounds.least.tolist(), bounds.most.tolist()) == ([-128, -128], [127, 127])
