# SPDX-License-Identifier: Apache-2.0
"""The order in which operators say that they read and write, against what their kernels do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.access_trace import assert_walks_hold, traced_walks
from support.random_elementwise import ELEMENTWISE, elementwise, operator_of
from support.random_layers import add_convolution, add_fully_connected, add_input, add_pool
from support.random_matrices import transpose_conv
from support.tflite_writer import GraphBuilder
from support.variants import each_variant

from toolkit.ir.graph import Graph
from toolkit.ops.shared.operator import Operator
from toolkit.ops.shared.registry import operators
from toolkit.passes import merge_elementwise
from toolkit.targets.cores import find_core
from toolkit.targets.target import Target, target_of_core

pytestmark = pytest.mark.no_cover

Rng = np.random.Generator
CASES = 24


def window_layer(rng: Rng, add: Callable[[GraphBuilder, Rng, int], int], dtype: str = "int8") -> Graph:
    builder = GraphBuilder()
    batches = int(rng.choice([1, 1, 2]))
    height, width, channels = (int(n) for n in rng.integers(1, 9, 3))
    source = add_input(builder, rng, (batches, height, width, channels), dtype)
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


def wide(rng: Rng) -> Graph:
    """A layer on int16, of any of these operators."""
    kind = int(rng.integers(4))
    if kind == 3:
        name = str(rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"]))
        return window_layer(rng, lambda *place: add_pool(*place, name), "int16")
    if kind == 2:
        return window_layer(rng, add_fully_connected, "int16")
    return window_layer(rng, lambda *place: add_convolution(*place, depthwise=kind == 1), "int16")


def packed(rng: Rng) -> Graph:
    """A layer with int4 weights."""
    kind = int(rng.integers(3))
    if kind == 2:
        return window_layer(rng, lambda *place: add_fully_connected(*place, weights="int4"))
    return window_layer(rng, lambda *place: add_convolution(*place, depthwise=kind == 1, weights="int4"))


def merged(rng: Rng) -> Graph:
    """Elementwise operators that a pass made one of."""
    builder = GraphBuilder()
    tensors = [builder.tensor((1, 7), scale=float(rng.uniform(0.05, 0.2))) for _ in range(3)]
    for source, result in pairwise(tensors):
        builder.operation("QUANTIZE", [source], [result])
    return merge_elementwise.run(builder.graph(tensors[:1], tensors[2:]))


OWN_VARIANTS = {
    ("cortex-m4f", "CONV_2D"): "small",
    ("cortex-m4f", "DEPTHWISE_CONV_2D"): "small",
    ("cortex-m4f", "FULLY_CONNECTED"): "small",
    ("cortex-m4f", "TRANSPOSE_CONV"): "pairs",
    ("cortex-m0plus", "CONV_2D"): "packed",
    ("cortex-m0plus", "DEPTHWISE_CONV_2D"): "fours",
    ("cortex-m0plus", "FULLY_CONNECTED"): "fours",
}
LAYERS: dict[str, Callable[[Rng], Graph]] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "AVERAGE_POOL_2D MAX_POOL_2D": pool,
    "FULLY_CONNECTED": fully_connected,
    "TRANSPOSE_CONV": transpose_conv,
    "AVERAGE_POOL_2D CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED MAX_POOL_2D": wide,
    "CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED": packed,
    "LOOKUP": merged,
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_kernel_reads_and_writes_in_the_order_of_its_walk(tmp_path: Path, layer: str) -> None:
    traced = []
    for seed in range(CASES):
        traced += traced_walks(f"{layer} {seed}", LAYERS[layer](np.random.default_rng(seed)))

    assert_walks_hold(traced, tmp_path)


@pytest.mark.parametrize(("core", "layer"), OWN_VARIANTS)
def test_a_kernel_of_an_instruction_set_has_walks_of_its_own(tmp_path: Path, core: str, layer: str) -> None:
    target, traced = target_of_core(find_core(core)), []
    for seed in range(CASES):
        graph = LAYERS[layer](np.random.default_rng(seed))
        for name, variant in {**each_variant(graph, target), **little_code(graph, target)}.items():
            traced += traced_walks(f"{layer} {seed}, {name}", variant, target)

    assert any(f", {OWN_VARIANTS[core, layer]}" in each.name for each in traced)
    assert_walks_hold(traced, tmp_path, target)


def little_code(graph: Graph, target: Target) -> dict[str, Graph]:
    """Return the layer without an activation by the variant with the least code, if it has one."""
    (operation,) = graph.operations
    options = {**operation.options, "fused_activation_function": "NONE"}
    plain = replace(graph, operations=(replace(operation, options=options),))
    variants = each_variant(plain, target)
    return {name: variant for name, variant in variants.items() if name == "small"}


def test_elementwise_kernels_take_one_element_after_the_other(tmp_path: Path) -> None:
    traced = []
    for kind in ELEMENTWISE:
        for seed in range(5):
            traced += traced_walks(f"{kind} {seed}", elementwise(np.random.default_rng(seed), kind))

    assert_walks_hold(traced, tmp_path)


def test_every_operator_with_walks_is_traced_here() -> None:
    known = {kind for kind, operator in operators().items() if type(operator).walks is not Operator.walks}

    elementwise_kinds = set(map(operator_of, ELEMENTWISE))
    assert known == elementwise_kinds | set(" ".join(LAYERS).split())


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
