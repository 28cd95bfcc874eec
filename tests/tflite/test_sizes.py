# SPDX-License-Identifier: Apache-2.0
"""Files whose batch size was left free: the sizes of one sample are found as TFLite finds them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.host_model import HostModel
from support.kernel_runner import random_samples
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph
from toolkit.ops.shared.evaluate import evaluate
from toolkit.reference.oracle import why_not_tflm
from toolkit.tflite.reader import read_graph


def numbers(builder: GraphBuilder, *values: int) -> int:
    return builder.tensor((len(values),), "int32", data=np.array(values, np.int32))


def scalar(builder: GraphBuilder, value: int) -> int:
    return builder.tensor((), "int32", data=np.array(value, np.int32))


def computed(builder: GraphBuilder, kind: str, inputs: list[int], count: int | None, **options: int) -> int:
    """Return an int32 tensor of count numbers, None: a scalar, that an operation computes."""
    result = builder.tensor(() if count is None else (count,), "int32")
    builder.operation(kind, inputs, [result], **options)
    return result


def dense_over_a_sequence(*, times: int = 1) -> Graph:
    """Return what Keras makes of Dense(3) over (20, 8); times: as many more rows, which do not fit."""
    builder = GraphBuilder()
    source = builder.tensor((1, 20, 8), scale=0.1, zero_point=-5)
    shape = computed(builder, "SHAPE", [source], 3)
    free = computed(builder, "GATHER", [shape, numbers(builder, 0, 1)], 2, axis=0)
    rows = computed(builder, "REDUCE_PROD", [free, numbers(builder, 0)], None)
    rows = computed(builder, "MUL", [rows, scalar(builder, times)], None)
    last = computed(builder, "GATHER", [shape, numbers(builder, 2)], 1, axis=0)
    length = computed(builder, "REDUCE_PROD", [last, numbers(builder, 0)], None)
    flat_shape = computed(builder, "PACK", [rows, length], 2, axis=0, values_count=2)
    whole = computed(builder, "CONCATENATION", [free, numbers(builder, 3)], 3, axis=0)
    flat = builder.tensor((1, 1), scale=0.1, zero_point=-5)
    builder.operation("RESHAPE", [source, flat_shape], [flat])
    data = np.random.default_rng(0).integers(-127, 128, (3, 8))
    weights = builder.tensor((3, 8), scale=0.02, data=data)
    made = builder.tensor((1, 3), scale=0.2, zero_point=7)
    builder.operation("FULLY_CONNECTED", [flat, weights, -1], [made], fused_activation_function="NONE")
    result = builder.tensor((1, 20, 3), scale=0.2, zero_point=7)
    builder.operation("RESHAPE", [made, whole], [result])
    return builder.graph([source], [result])


def upsampling() -> Graph:
    """Return what Keras makes of UpSampling2D(2) of (5, 6, 3), its rows alone, and RELU."""
    builder = GraphBuilder()
    source = builder.tensor((1, 5, 6, 3), scale=0.1)
    image = builder.tensor((1, 5, 1, 6, 3), scale=0.1)
    builder.operation("EXPAND_DIMS", [source, scalar(builder, 2)], [image])
    twice = builder.tensor((1, 5, 2, 6, 3), scale=0.1)
    builder.operation("TILE", [image, numbers(builder, 1, 1, 2, 1, 1)], [twice])
    shape = computed(builder, "SHAPE", [source], 4)
    places = (numbers(builder, 0), numbers(builder, 1), numbers(builder, 1))
    first = computed(builder, "STRIDED_SLICE", [shape, *places], 1)
    whole = computed(builder, "CONCATENATION", [first, numbers(builder, 10, 6, 3)], 4, axis=0)
    rows, result = (builder.tensor((1, 1, 6, 3), scale=0.1) for _ in range(2))
    builder.operation("RESHAPE", [twice, whole], [rows])
    builder.operation("RELU", [rows], [result])
    return builder.graph([source], [result])


def first_state() -> Graph:
    """Return a first state of a recurrent layer: as many rows of zeros as there are samples, added."""
    builder = GraphBuilder()
    source = builder.tensor((1, 12), scale=0.1, zero_point=3)
    shape = computed(builder, "SHAPE", [source], 2)
    places = (numbers(builder, 0), numbers(builder, 1), numbers(builder, 1))
    batches = computed(builder, "STRIDED_SLICE", [shape, *places], None, shrink_axis_mask=1)
    sizes = computed(builder, "PACK", [batches, scalar(builder, 12)], 2, axis=0, values_count=2)
    zero = builder.tensor((), scale=0.1, zero_point=3, data=np.array(3, np.int8))
    state = builder.tensor((1, 12), scale=0.1, zero_point=3)
    builder.operation("FILL", [sizes, zero], [state])
    result = builder.tensor((1, 12), scale=0.2)
    builder.operation("ADD", [source, state], [result], fused_activation_function="NONE")
    return builder.graph([source], [result])


def batches() -> Graph:
    """Return rows that go into blocks of 2 and back, with one batch between."""
    builder = GraphBuilder()
    source = builder.tensor((1, 8, 3), scale=0.1)
    block, none = numbers(builder, 2), builder.tensor((1, 2), "int32", data=np.zeros((1, 2), np.int32))
    cut, held = (builder.tensor((1, 4, 3), scale=0.1) for _ in range(2))
    builder.operation("SPACE_TO_BATCH_ND", [source, block, none], [cut])
    builder.operation("RELU", [cut], [held])
    result = builder.tensor((1, 8, 3), scale=0.1)
    builder.operation("BATCH_TO_SPACE_ND", [held, block, none], [result])
    return builder.graph([source], [result])


@pytest.mark.parametrize(
    ("graph", "place", "shape"),
    [
        (dense_over_a_sequence(), -2, (20, 3)),
        (upsampling(), -1, (1, 10, 6, 3)),
        (first_state(), -2, (1, 12)),
        (batches(), -2, (2, 4, 3)),
    ],
    ids=["dense", "upsampling", "state", "batches"],
)
def test_sizes_that_the_file_left_open_are_found(
    tmp_path: Path, graph: Graph, place: int, shape: tuple[int, ...]
) -> None:
    data = write_tflite(graph)
    found = read_graph(data, "free")
    samples = random_samples(found, np.random.default_rng(1), 4)

    model = compile_model(data, "free")
    results = HostModel(model, tmp_path).run(samples)

    assert found.tensors[found.operations[place].outputs[0]].shape == shape
    assert not {o.kind for o in found.operations} & {"SHAPE", "GATHER", "REDUCE_PROD", "PACK"}
    assert why_not_tflm(found)
    for sample, result in zip(samples, results, strict=True):
        np.testing.assert_array_equal(result[0], evaluate(found, sample)[0])


def test_a_dense_layer_over_a_sequence_is_that_of_each_row() -> None:
    found = read_graph(write_tflite(dense_over_a_sequence()), "free")
    (sample,) = random_samples(found, np.random.default_rng(2), 1)
    weights = found.tensors[found.operations[1].inputs[1]].data.astype(np.int64)

    (result,) = evaluate(found, sample)

    sums = (sample[0].astype(np.int64) + 5) @ weights.T
    near = np.clip(np.round(sums * 0.1 * 0.02 / 0.2) + 7, -128, 127)
    assert np.abs(result - near).max() <= 1


def test_relu6_of_such_a_file_is_rescaled_as_tflite_does() -> None:
    graph = batches()
    held = replace(graph.operations[1], kind="RELU6")
    coarse = replace(graph.tensors[held.outputs[0]].quantization, scales=(0.05,), zero_points=(-128,))
    tensors = [
        replace(t, quantization=coarse) if t.id in (held.outputs[0], graph.outputs[0]) else t
        for t in graph.tensors
    ]
    operations = (graph.operations[0], held, graph.operations[2])
    found = read_graph(write_tflite(replace(graph, tensors=tuple(tensors), operations=operations)), "free")
    sample = np.arange(-12, 12, dtype=np.int8).reshape(1, 8, 3) * 10

    (result,) = evaluate(found, [sample])

    np.testing.assert_array_equal(result, np.clip(sample.astype(int) * 2, 0, 120) - 128)


def test_what_is_computed_does_not_grow_without_end() -> None:
    builder = GraphBuilder()
    source = builder.tensor((1, 8, 3), scale=0.1)
    shape, count = computed(builder, "SHAPE", [source], 3), 3
    for _ in range(40):
        count *= 2
        shape = computed(builder, "CONCATENATION", [shape, shape], min(count, 2**20), axis=0)
    cut, result = (builder.tensor((1, 4, 3), scale=0.1) for _ in range(2))
    none = builder.tensor((1, 2), "int32", data=np.zeros((1, 2), np.int32))
    builder.operation("SPACE_TO_BATCH_ND", [source, numbers(builder, 2), none], [cut])
    builder.operation("RELU", [cut], [result])

    found = read_graph(write_tflite(builder.graph([source], [result])), "free")

    assert max(t.elements for t in found.tensors if t.is_constant) <= 64


@pytest.mark.parametrize("times", [2, 0, -1, 2**30])
def test_sizes_that_do_not_fit_leave_the_file_as_it_is(times: int) -> None:
    graph = dense_over_a_sequence(times=times)

    found = read_graph(write_tflite(graph), "free")

    assert [o.kind for o in found.operations] == [o.kind for o in graph.operations]
