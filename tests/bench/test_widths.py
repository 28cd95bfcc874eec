# SPDX-License-Identifier: Apache-2.0
"""What layers cost on an emulated Cortex-M4 with int8, with int16 activations and with int4 weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.firmware import skip_without
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.ir.graph import Graph
from toolkit.ops.shared.macs import count_macs
from toolkit.verify.any_model import save_rows, try_model
from toolkit.verify.on_device import Place

pytestmark = pytest.mark.bench
SIDE, CHANNELS = 16, 32
WIDTHS = {"int8": ("int8", "int8"), "int16": ("int16", "int8"), "int4": ("int8", "int4")}
WINDOW = {"padding": "SAME", "stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
MOST = 4.0


def layers(dtype: str, weights: str) -> Graph:
    """Return a 3x3 convolution, a depthwise and a 1x1 one, a pool and a matrix of these types."""
    rng = np.random.default_rng(4)
    builder = GraphBuilder("widths")
    scale = 0.05 if dtype == "int8" else 0.0005

    def constant(*shape: int, axis: int = 0) -> int:
        most = 8 if weights == "int4" else 128
        count = 1 if len(shape) == 2 else shape[axis]
        data = rng.integers(1 - most, most, shape)
        return builder.tensor(shape, weights, scale=[1 / most] * count, axis=axis, data=data)

    def layer(kind: str, inputs: list[int], shape: tuple[int, ...], **options: object) -> int:
        result = builder.tensor(shape, dtype, scale=scale * 8)
        builder.operation(kind, inputs, [result], fused_activation_function="RELU", **options)
        return result

    image = (1, SIDE, SIDE, CHANNELS)
    source = builder.tensor((1, SIDE, SIDE, 16), dtype, scale=scale)
    x = layer("CONV_2D", [source, constant(CHANNELS, 3, 3, 16), -1], image, **WINDOW)
    depth = constant(1, 3, 3, CHANNELS, axis=3)
    x = layer("DEPTHWISE_CONV_2D", [x, depth], image, depth_multiplier=1, **WINDOW)
    x = layer("CONV_2D", [x, constant(CHANNELS, 1, 1, CHANNELS), -1], image, **WINDOW)
    small = (1, SIDE // 4, SIDE // 4, CHANNELS)
    pool = {"padding": "VALID", "stride_h": 4, "stride_w": 4, "filter_height": 4, "filter_width": 4}
    pooled = builder.tensor(small, dtype, scale=scale * 8)
    builder.operation("MAX_POOL_2D", [x], [pooled], fused_activation_function="NONE", **pool)
    x = layer("FULLY_CONNECTED", [pooled, constant(64, int(np.prod(small))), -1], (1, 64))
    return builder.graph([source], [x])


def costs(width: str, folder: Path) -> list[tuple[str, float]]:
    """Return the layers that multiply, and their instructions a product."""
    graph = layers(*WIDTHS[width])
    model, inputs = folder / f"{width}.tflite", folder / f"{width}.npy"
    model.write_bytes(write_tflite(graph))
    dtype = np.dtype(graph.tensors[graph.inputs[0]].dtype)
    limits = np.iinfo(dtype)
    rows = np.random.default_rng(5).integers(limits.min, limits.max, (2, SIDE * SIDE * 16)).astype(dtype)
    save_rows(rows, inputs)
    trial = try_model(model, inputs, "nano33ble", Place())
    assert trial.checked.verdict.passed
    macs = [count_macs(graph, operation) for operation in graph.operations]
    return [
        (layer.name, (layer.instructions or 0) / count)
        for layer, count in zip(trial.checked.verdict.layers, macs, strict=True)
        if count
    ]


def test_other_widths_cost_at_most_four_times_as_much_as_int8(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    found = {width: costs(width, tmp_path) for width in WIDTHS}

    for place, (name, plain) in enumerate(found["int8"]):
        others = {width: found[width][place][1] for width in WIDTHS}
        text = ", ".join(f"{width} {cost:.2f} ({cost / plain:.2f})" for width, cost in others.items())
        print(f"\n{name}: instructions a product, and of int8's: {text}", end="")
        assert max(others.values()) <= MOST * plain, name
