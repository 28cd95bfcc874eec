# SPDX-License-Identifier: Apache-2.0
"""Operators of these files in one model, through the compiler: tables, plans and float numbers in C."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from support.host_model import HostModel
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import Sample, run_graph

from toolkit.compiler.compile import compile_model
from toolkit.ir.graph import Graph


def assert_equal_to_tflm(graph: Graph, samples: list[Sample], folder: Path) -> None:
    results = HostModel(compile_model(write_tflite(graph), graph.name), folder).run(samples)
    for truth, result in zip(run_graph(graph, samples), results, strict=True):
        assert truth[0].dtype == result[0].dtype
        assert truth[0].tobytes() == result[0].tobytes()


def test_floats_in_and_out_with_broadcasts_and_constants_between(tmp_path: Path) -> None:
    rng = np.random.default_rng(41)
    builder = GraphBuilder("floats")
    shape = (1, 4, 4, 3)
    x = builder.tensor(shape, "float32")
    quantized = builder.tensor(shape, scale=0.05, zero_point=-9)
    bias = builder.tensor((3,), scale=0.01, zero_point=2, data=rng.integers(-128, 128, 3))
    added = builder.tensor(shape, scale=0.06, zero_point=1)
    gate = builder.tensor((4, 1), scale=0.02, zero_point=-3, data=rng.integers(-128, 128, (4, 1)))
    gated = builder.tensor(shape, scale=0.04, zero_point=4)
    squashed = builder.tensor(shape, scale=1 / 128)
    shares = builder.tensor(shape, scale=1 / 256, zero_point=-128)
    y = builder.tensor(shape, "float32")
    builder.operation("QUANTIZE", [x], [quantized])
    builder.operation("ADD", [bias, quantized], [added], fused_activation_function="RELU6")
    builder.operation("MUL", [added, gate], [gated], fused_activation_function="NONE")
    builder.operation("TANH", [gated], [squashed])
    builder.operation("SOFTMAX", [squashed], [shares], beta=1.0)
    builder.operation("DEQUANTIZE", [shares], [y])
    samples = [[rng.normal(0, 3, shape).astype(np.float32)] for _ in range(200)]
    assert_equal_to_tflm(builder.graph([x], [y]), samples, tmp_path)


def test_uint8_between_int8(tmp_path: Path) -> None:
    rng = np.random.default_rng(42)
    builder = GraphBuilder("bytes")
    x = builder.tensor((1, 300), scale=0.02, zero_point=3)
    unsigned = builder.tensor((1, 300), "uint8", scale=0.03, zero_point=99)
    a = builder.tensor((1, 300), scale=0.02, zero_point=0)
    y = builder.tensor((1, 300), scale=1 / 256, zero_point=-128)
    builder.operation("QUANTIZE", [x], [unsigned])
    builder.operation("QUANTIZE", [unsigned], [a])
    builder.operation("LOGISTIC", [a], [y])
    samples = [[rng.integers(-128, 128, (1, 300)).astype(np.int8)] for _ in range(20)]
    assert_equal_to_tflm(builder.graph([x], [y]), samples, tmp_path)


def test_softmax_with_16_bits_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(43)
    builder = GraphBuilder("wide")
    x = builder.tensor((3, 10), scale=0.1, zero_point=5)
    y = builder.tensor((3, 10), "int16", scale=1 / 65536, zero_point=-(2**15))
    builder.operation("SOFTMAX", [x], [y], beta=1.0)
    samples = [[rng.integers(-128, 128, (3, 10)).astype(np.int8)] for _ in range(200)]
    assert_equal_to_tflm(builder.graph([x], [y]), samples, tmp_path)


def test_uint8_at_both_ends(tmp_path: Path) -> None:
    rng = np.random.default_rng(44)
    builder = GraphBuilder("unsigned")
    x = builder.tensor((1, 4, 50), "uint8", scale=0.03, zero_point=99)
    turned = builder.tensor((1, 50, 4), scale=0.03, zero_point=-29)
    inside = builder.tensor((1, 4, 50), scale=0.03, zero_point=-29)
    y = builder.tensor((1, 50, 4), "uint8", scale=0.03, zero_point=99)
    order = builder.tensor((3,), "int32", data=[0, 2, 1])
    builder.operation("QUANTIZE", [x], [inside])
    builder.operation("TRANSPOSE", [inside, order], [turned])
    builder.operation("QUANTIZE", [turned], [y])
    samples = [[rng.integers(0, 256, (1, 4, 50)).astype(np.uint8)] for _ in range(20)]
    assert_equal_to_tflm(builder.graph([x], [y]), samples, tmp_path)


def test_numbers_and_truths_at_both_ends(tmp_path: Path) -> None:
    rng = np.random.default_rng(45)
    builder = GraphBuilder("numbers")
    numbers, truths = builder.tensor((2, 6), "int32"), builder.tensor((2, 6), "bool")
    halves = [builder.tensor((2, 3), "int32") for _ in range(2)]
    backwards = builder.tensor((2, 6), "bool")
    axis = builder.tensor((1,), "int32", data=[1])
    builder.operation("SPLIT", [axis, numbers], halves, num_splits=2)
    builder.operation("REVERSE_V2", [truths, axis], [backwards])
    samples = [
        [rng.integers(-(2**31), 2**31, (2, 6)).astype(np.int32), rng.integers(0, 2, (2, 6)).astype(np.bool_)]
        for _ in range(20)
    ]
    graph = builder.graph([numbers, truths], [*halves, backwards])
    results = HostModel(compile_model(write_tflite(graph), graph.name), tmp_path).run(samples)
    for truth, result in zip(run_graph(graph, samples), results, strict=True):
        for expected, found in zip(truth, result, strict=True):
            np.testing.assert_array_equal(found, expected)
