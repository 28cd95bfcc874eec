# SPDX-License-Identifier: Apache-2.0
"""Layers that became slower for an arena are fast again where there is room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.compiler.choice import variant_name, variants_of
from toolkit.compiler.compile import CompiledModel, compile_model
from toolkit.ir.graph import Graph
from toolkit.memory.layout import arena_in_order
from toolkit.ops.shared.variants import with_variant
from toolkit.targets.cores import find_core
from toolkit.targets.target import target_of_core
from toolkit.verify.generated_c import verify_model

TARGET = target_of_core(find_core("cortex-m4f"))


def shrinking() -> bytes:
    """Return a model whose first layers hold large images, and whose last ones compute much on small ones."""
    rng = np.random.default_rng(2)
    builder = GraphBuilder("shrinking")
    first = image = builder.tensor((1, 32, 32, 4), scale=0.05, zero_point=-128)
    size, channels = 32, 4
    for stride, out in ((1, 8), (2, 8), (2, 16), (1, 16), (1, 16)):
        shape = (out, 3, 3, channels)
        weights = builder.tensor(shape, scale=[0.003] * out, data=rng.integers(-127, 128, shape))
        size, channels = size // stride, out
        result = builder.tensor((1, size, size, out), scale=0.3, zero_point=-128)
        options = {"stride_w": stride, "stride_h": stride, "padding": "SAME"}
        options |= {"dilation_w_factor": 1, "dilation_h_factor": 1}
        builder.operation("CONV_2D", [image, weights], [result], **options)
        image = result
    return write_tflite(builder.graph([first], [image]))


DATA = shrinking()


def compiled(ram_bytes: int | None = None) -> CompiledModel:
    return compile_model(DATA, "shrinking", TARGET, ram_bytes)


def given_back(graph: Graph, layer: int, name: str) -> Graph:
    operations = [with_variant(o, name) if o.index == layer else o for o in graph.operations]
    return replace(graph, operations=tuple(operations))


def test_no_layer_of_a_model_in_patches_is_slower_than_its_room_asks_for() -> None:
    whole = compiled()
    wanted = {o.index: variant_name(whole.graph, o, TARGET) for o in whole.graph.operations}
    limit = whole.arena_bytes * 3 // 4
    found = compiled(limit)

    assert found.patching is not None
    assert found.arena_bytes == found.patching.arena_bytes <= limit
    assert found.patching.whole_arena_bytes == whole.arena_bytes
    assert any(variant_name(found.graph, o, TARGET) == wanted[o.index] for o in found.graph.operations)
    for operation in found.graph.operations:
        name, possible = wanted[operation.index], variants_of(found.graph, operation, TARGET)
        has_it = variant_name(found.graph, operation, TARGET) == name
        if not has_it and any(variant.name == name for variant in possible):
            assert arena_in_order(given_back(found.graph, operation.index, name), TARGET) > limit
    assert verify_model(found, DATA).samples
