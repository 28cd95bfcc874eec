# SPDX-License-Identifier: Apache-2.0
"""The order in which operators say that they read and write, against what their kernels do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.access_trace import assert_walks_hold, traced_walks
from support.random_layers import add_convolution, add_fully_connected, add_input, add_pool
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

Rng = np.random.Generator
CASES = 24


def window_layer(rng: Rng, add: Callable[[GraphBuilder, Rng, int], int]) -> Graph:
    builder = GraphBuilder()
    batches = int(rng.choice([1, 1, 2]))
    height, width, channels = (int(n) for n in rng.integers(1, 9, 3))
    source = add_input(builder, rng, (batches, height, width, channels))
    return builder.graph([source], [add(builder, rng, source)])


def convolution(rng: Rng) -> Graph:
    return window_layer(rng, add_convolution)


def depthwise(rng: Rng) -> Graph:
    return window_layer(rng, lambda *place: add_convolution(*place, depthwise=True))


def pool(rng: Rng) -> Graph:
    kind = str(rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
    return window_layer(rng, lambda *place: add_pool(*place, kind))


def fully_connected(rng: Rng) -> Graph:
    return window_layer(rng, add_fully_connected)


def binary(rng: Rng) -> Graph:
    """An ADD or MUL whose operands lack some dimensions, or have 1 there, but never both the same."""
    builder = GraphBuilder()
    shape = [int(n) for n in rng.integers(1, 5, 4)]
    stretched = rng.integers(0, 3, 4)
    sides = [[1 if s == side else n for n, s in zip(shape, stretched, strict=True)] for side in (1, 2)]
    inputs = [add_input(builder, rng, tuple(side)) for side in sides]
    result = builder.tensor(tuple(shape), scale=0.5, zero_point=1)
    kind = str(rng.choice(["ADD", "MUL"]))
    builder.operation(kind, inputs, [result], fused_activation_function="NONE")
    return builder.graph(inputs, [result])


def unary(rng: Rng) -> Graph:
    builder = GraphBuilder()
    kind = str(rng.choice(["RELU", "SOFTMAX", "SOFTMAX16", "QUANTIZE", "DEQUANTIZE"]))
    shape = tuple(int(n) for n in rng.integers(1, 6, 3))
    dtypes = {
        "QUANTIZE": ("float32", "int8"),
        "DEQUANTIZE": ("int8", "float32"),
        "SOFTMAX16": ("int8", "int16"),
    }
    source_type, result_type = dtypes.get(kind, ("int8", "int8"))
    scales = {"SOFTMAX": (1 / 256, -128), "SOFTMAX16": (1 / 65536, -32768)}
    scale, zero_point = scales.get(kind, (0.5, 3))
    source = builder.tensor(shape, source_type, scale=None if source_type == "float32" else 0.1)
    result = builder.tensor(
        shape, result_type, scale=None if result_type == "float32" else scale, zero_point=zero_point
    )
    options = {"beta": 1.0} if kind.startswith("SOFTMAX") else {}
    builder.operation(kind.removesuffix("16"), [source], [result], **options)
    return builder.graph([source], [result])


@pytest.mark.parametrize(
    "layer", [convolution, depthwise, pool, fully_connected, binary, unary], ids=lambda f: f.__name__
)
def test_a_kernel_reads_and_writes_in_the_order_of_its_walk(
    tmp_path: Path, layer: Callable[[Rng], Graph]
) -> None:
    traced = []
    for seed in range(CASES):
        traced += traced_walks(f"{layer.__name__} {seed}", layer(np.random.default_rng(seed)))

    assert_walks_hold(traced, tmp_path)


def test_a_walk_that_lets_too_much_be_overwritten_is_caught(tmp_path: Path) -> None:
    builder = GraphBuilder()
    source = builder.tensor((1, 6), scale=0.5)
    result = builder.tensor((1, 6), scale=1 / 256, zero_point=-128)
    builder.operation("SOFTMAX", [source], [result], beta=1.0)
    (traced,) = traced_walks("softmax", builder.graph([source], [result]))
    everything_at_once = {source: np.zeros(6, np.int64)}

    wrong = replace(traced, walk=replace(traced.walk, last_reads=everything_at_once))

    with pytest.raises(AssertionError, match="softmax, walk 0: step 0 reads at"):
        assert_walks_hold([wrong], tmp_path)
