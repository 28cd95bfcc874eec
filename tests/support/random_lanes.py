# SPDX-License-Identifier: Apache-2.0
"""Layers for kernels that work on lanes: sums that pass 16 or 32 bits, SUM, changes of width."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from support.kernel_runner import Case
from support.tflite_writer import GraphBuilder

from toolkit.ops.shared.operator import Array

Rng = np.random.Generator


def long_pool(rng: Rng) -> Case:
    """A pool over most of an image, whose inputs are often all alike."""
    builder, kind = GraphBuilder(), str(rng.choice(["AVERAGE", "AVERAGE", "MAX"]))
    size = (int(rng.integers(1, 20)), int(rng.integers(1, 400 if rng.integers(2) else 20)))
    channels, padding = int(rng.integers(1, 20)), str(rng.choice(["SAME", "VALID"]))
    source = builder.tensor((1, *size, channels), scale=0.1, zero_point=3)
    kernel = [max(1, n - int(rng.integers(0, 3))) for n in size]
    sizes = [2 if padding == "SAME" and n > 1 else 1 for n in size]
    strides = [-(-n // 2) if padding == "SAME" and n > 1 else n for n in size]
    result = builder.tensor((1, *sizes, channels), scale=0.1, zero_point=3)
    options = {
        "padding": padding, "filter_height": kernel[0], "filter_width": kernel[1],
        "stride_h": strides[0], "stride_w": strides[1], "fused_activation_function": "NONE",
    }  # fmt: skip
    builder.operation(f"{kind}_POOL_2D", [source], [result], **options)
    graph = builder.graph([source], [result])
    return Case(f"{kind} of {size} by {kernel}, {channels}", graph, _alike(rng, graph.tensors[source].shape))


def long_sum(rng: Rng) -> Case:
    """A SUM or MEAN of an image, whose inputs are often all alike."""
    builder, kind = GraphBuilder(), str(rng.choice(["SUM", "MEAN"]))
    shape = (int(rng.integers(1, 3)), *map(int, rng.integers(1, 40, 2)), int(rng.integers(1, 20)))
    axes = [(1, 2), (2,), (3,), (1, 3), (0, 1, 2, 3)][int(rng.integers(5))]
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    count = int(np.prod([shape[i] for i in axes])) if kind == "SUM" else 1
    source = builder.tensor(shape, scale=0.1, zero_point=int(rng.integers(-128, 128)))
    places = builder.tensor((len(axes),), "int32", data=np.array(axes))
    scale = 0.1 * count * float(rng.choice([0.01, 0.3, 1.1]))
    result = builder.tensor(kept, scale=scale, zero_point=int(rng.integers(-128, 128)))
    builder.operation(kind, [source, places], [result], keep_dims=True)
    return Case(f"{kind} of {shape} over {axes}", builder.graph([source], [result]), _alike(rng, shape))


def rescaled(rng: Rng) -> Case:
    """A QUANTIZE from int8 or int16 to the other, or from int16 to int16."""
    builder = GraphBuilder()
    before, after = [("int8", "int16"), ("int16", "int8"), ("int16", "int16")][int(rng.integers(3))]
    shape, ratio = (int(rng.integers(1, 40)),), float(2.0 ** rng.uniform(-9, 9))
    points = [int(rng.integers(-128, 128)) for _ in range(2)]
    source = builder.tensor(shape, before, scale=0.01, zero_point=points[0])
    result = builder.tensor(shape, after, scale=0.01 * ratio, zero_point=points[1])
    builder.operation("QUANTIZE", [source], [result])
    return Case(f"{before} to {after}, {shape}, {ratio}", builder.graph([source], [result]))


def long_window(rng: Rng) -> Case:
    """A DEPTHWISE_CONV_2D of 16x8 with windows of up to 700 taps, which are all at the limits."""
    builder, channels = GraphBuilder(), int(rng.integers(1, 20))
    kernel = (1, int(rng.integers(1, 700))) if rng.integers(2) else (int(rng.integers(1, 30)), 20)
    shape = (1, *kernel, channels)
    source = builder.tensor(shape, "int16", scale=0.001)
    data = rng.choice([-127, int(rng.choice([127, -128]))], shape)
    weights = builder.tensor(shape, "int8", scale=[0.01] * channels, axis=3, data=data)
    result = builder.tensor((1, 1, 1, channels), "int16", scale=0.001 * kernel[0] * kernel[1])
    options = {"padding": "VALID", "stride_h": 1, "stride_w": 1, "depth_multiplier": 1}
    builder.operation(
        "DEPTHWISE_CONV_2D", [source, weights], [result], fused_activation_function="NONE", **options
    )
    samples = [[np.full(shape, value, np.int16)] for value in (-32768, 32767)]
    return Case(f"16x8 {kernel}, {channels}", builder.graph([source], [result]), samples)


KINDS: tuple[Callable[[Rng], Case], ...] = (long_pool, long_sum, rescaled, long_window)


def random_lanes(seed: int) -> Case:
    """Return a layer of one of the kinds, which take turns."""
    return KINDS[seed % len(KINDS)](np.random.default_rng(seed))


def _alike(rng: Rng, shape: tuple[int, ...]) -> list[list[Array]] | None:
    """Return samples that are all lowest, all highest and random; or None, for random ones only."""
    if rng.integers(2):
        return None
    full = [np.full(shape, value, np.int8) for value in (-128, 127)]
    return [[full[0]], [full[1]], [rng.integers(-128, 128, shape).astype(np.int8)]]
