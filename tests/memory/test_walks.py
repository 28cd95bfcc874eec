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
from toolkit.ops.operator import Operator
from toolkit.ops.registry import operators

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


def elementwise(rng: Rng, kind: str) -> Graph:
    """An operation on inputs that lack some dimensions, or have 1 there, but never all of them the same."""
    builder = GraphBuilder()
    inputs, result_type = DTYPES[kind]
    shape = [int(n) for n in rng.integers(1, 5, 4)]
    stretched = rng.integers(0, 4, 4) if kind not in ("ADD_N", "PRELU") else [0] * 4
    scale, zero_point = QUANTIZED.get(kind, (0.5, 3))
    operands = []
    for side, dtype in enumerate(inputs, start=1):
        sizes = [1 if len(inputs) > 1 and s == side else n for n, s in zip(shape, stretched, strict=True)]
        if kind == "PRELU" and side == 2:
            sizes[0] = sizes[1] = 1
        if dtype == "int8":
            operands.append(builder.tensor(sizes, dtype, scale=scale, zero_point=zero_point))
        else:
            operands.append(builder.tensor(sizes, dtype))
    full = np.broadcast_shapes(*(builder.tensors[i].shape for i in operands))
    out_scale, out_point = OUTPUTS.get(kind, (scale, zero_point))
    has_scale = result_type in ("int8", "int16")
    result = builder.tensor(full, result_type, scale=out_scale if has_scale else None, zero_point=out_point)
    options = {"fused_activation_function": "NONE"} if kind in ("ADD", "MUL", "SUB", "DIV") else {}
    options |= {"SOFTMAX": {"beta": 1.0}, "SOFTMAX16": {"beta": 1.0}, "LEAKY_RELU": {"alpha": 0.5}}.get(
        kind, {}
    )
    builder.operation(kind.removesuffix("16"), operands, [result], **options)
    return builder.graph(operands, [result])


BINARY = ("ADD", "DIV", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SQUARED_DIFFERENCE", "SUB")
COMPARISONS = ("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL")
UNARY = ("ABS", "ELU", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "RELU", "RELU6", "RSQRT", "SOFTMAX", "TANH")
DTYPES: dict[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(BINARY, (("int8", "int8"), "int8")),
    **dict.fromkeys(COMPARISONS, (("int8", "int8"), "bool")),
    **dict.fromkeys(UNARY, (("int8",), "int8")),
    "ADD_N": (("int8", "int8", "int8"), "int8"),
    "LOGICAL_AND": (("bool", "bool"), "bool"),
    "LOGICAL_NOT": (("bool",), "bool"),
    "LOGICAL_OR": (("bool", "bool"), "bool"),
    "SELECT_V2": (("bool", "int8", "int8"), "int8"),
    "DEQUANTIZE": (("int8",), "float32"),
    "QUANTIZE": (("float32",), "int8"),
    "SOFTMAX16": (("int8",), "int16"),
}
QUANTIZED = {"ADD_N": (0.5, 0), "RSQRT": (0.5, -128)}
OUTPUTS = {
    "DIV": (1 / 128, 3),
    "LOGISTIC": (1 / 256, -128),
    "SOFTMAX": (1 / 256, -128),
    "SOFTMAX16": (1 / 65536, -32768),
    "TANH": (1 / 128, 0),
}
LAYERS: dict[str, Callable[[Rng], Graph]] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "AVERAGE_POOL_2D MAX_POOL_2D": pool,
    "FULLY_CONNECTED": fully_connected,
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_kernel_reads_and_writes_in_the_order_of_its_walk(tmp_path: Path, layer: str) -> None:
    traced = []
    for seed in range(CASES):
        traced += traced_walks(f"{layer} {seed}", LAYERS[layer](np.random.default_rng(seed)))

    assert_walks_hold(traced, tmp_path)


def test_elementwise_kernels_take_one_element_after_the_other(tmp_path: Path) -> None:
    traced = []
    for kind in DTYPES:
        for seed in range(5):
            traced += traced_walks(f"{kind} {seed}", elementwise(np.random.default_rng(seed), kind))

    assert_walks_hold(traced, tmp_path)


def test_every_operator_with_walks_is_traced_here() -> None:
    known = {kind for kind, operator in operators().items() if type(operator).walks is not Operator.walks}

    assert known == {kind.removesuffix("16") for kind in DTYPES} | set(" ".join(LAYERS).split())


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
