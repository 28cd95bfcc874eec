# SPDX-License-Identifier: Apache-2.0
"""Graphs of one operation by each of its variants, and a small network whose layers have some."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.ir.graph import Graph
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.variants import with_variant
from toolkit.targets.target import Target

_WINDOW = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1, "padding": "SAME"}


def each_variant(graph: Graph, target: Target) -> dict[str, Graph]:
    """Return the graph with each of its one operation's variants, by name."""
    (operation,) = graph.operations
    found = operators()[operation.kind].variants(graph, operation, target)
    return {v.name: replace(graph, operations=(with_variant(operation, v.name),)) for v in found}


def separable(size: int = 8, channels: int = 16, classes: int = 6) -> bytes:
    """Return a .tflite of a network for keywords or images: 3 x 3, twice depthwise and 1 x 1, and dense."""
    rng = np.random.default_rng(3)
    builder = GraphBuilder("separable")
    first = image = builder.tensor((1, size, size, 4), scale=0.05, zero_point=-128)
    image = _layer(builder, rng, image, "CONV_2D", (channels, 3, 3, 4))
    for _ in range(2):
        image = _layer(builder, rng, image, "DEPTHWISE_CONV_2D", (1, 3, 3, channels))
        image = _layer(builder, rng, image, "CONV_2D", (channels, 1, 1, channels))
    shape = (classes, size * size * channels)
    weights = builder.tensor(shape, scale=0.001, data=rng.integers(-127, 128, shape))
    result = builder.tensor((1, classes), scale=0.5)
    builder.operation("FULLY_CONNECTED", [image, weights], [result])
    return write_tflite(builder.graph([first], [result]))


def _layer(
    builder: GraphBuilder, rng: np.random.Generator, image: int, kind: str, shape: tuple[int, ...]
) -> int:
    is_depthwise = kind.startswith("DEPTHWISE")
    count = shape[3] if is_depthwise else shape[0]
    scales = [float(scale) for scale in rng.uniform(0.001, 0.004, count)]
    axis = {"axis": 3} if is_depthwise else {}
    weights = builder.tensor(shape, scale=scales, data=rng.integers(-127, 128, shape), **axis)
    _, height, width, _ = builder.tensors[image].shape
    result = builder.tensor((1, height, width, count), scale=0.3, zero_point=-128)
    options = {**_WINDOW, "fused_activation_function": "RELU"}
    if is_depthwise:
        options["depth_multiplier"] = 1
    builder.operation(kind, [image, weights], [result], **options)
    return result
