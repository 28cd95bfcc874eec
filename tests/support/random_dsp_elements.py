# SPDX-License-Identifier: Apache-2.0
"""Layers without weights for the kernels of an instruction set: sums, products, pools, means, tables.

Those of int16 have scales and a range that are 256 times finer, and zero points of 0.
"""

from __future__ import annotations

import numpy as np
from support.kernel_runner import Case
from support.random_layers import ACTIVATIONS
from support.tflite_writer import GraphBuilder

Rng = np.random.Generator


def pair(rng: Rng, dtype: str) -> Case:
    """An ADD, SUB or MUL of two images, of which one may be a row, a pixel or a constant."""
    builder = GraphBuilder()
    kind, activation = str(rng.choice(["ADD", "SUB", "MUL"])), str(rng.choice(ACTIVATIONS))
    shape = tuple(int(n) for n in (rng.integers(1, 3), *rng.integers(1, 6, 2), rng.integers(1, 22)))
    stretched = [shape, shape, (1, 1, 1, shape[3]), (*shape[:3], 1), (1, 1, shape[2], 1), (1,)]
    shapes = [shape, stretched[int(rng.integers(len(stretched)))]]
    if rng.integers(2):
        shapes.reverse()
    scales = rng.uniform(0.005, 0.1, 2) if rng.integers(4) else np.repeat(rng.uniform(0.005, 0.1), 2)
    steps = 256 if dtype == "int16" else 1
    scales /= steps
    largest = scales.prod() * 64 * steps if kind == "MUL" else scales.max()
    result_scale = float(largest * 10 ** rng.uniform(-0.5, 0.7)) if rng.integers(8) else float(largest)
    operands = [
        builder.tensor(s, dtype, scale=float(n), zero_point=_point(rng, dtype))
        for s, n in zip(shapes, scales, strict=False)
    ]
    inputs = list(operands)
    if not rng.integers(3):
        data = rng.integers(-128 * steps, 128 * steps, shapes[1])
        operands[1] = builder.tensor(
            shapes[1], dtype, scale=float(scales[1]), zero_point=_point(rng, dtype), data=data
        )
        inputs = operands[:1]
    result = builder.tensor(shape, dtype, scale=result_scale, zero_point=_point(rng, dtype))
    builder.operation(kind, operands, [result], fused_activation_function=activation)
    return Case(f"{dtype} {kind} of {shapes}, {activation}", builder.graph(inputs, [result]))


def pool(rng: Rng, dtype: str) -> Case:
    """An AVERAGE_POOL_2D or MAX_POOL_2D with any window."""
    builder = GraphBuilder()
    kind, padding = str(rng.choice(["AVERAGE", "MAX"])), str(rng.choice(["SAME", "VALID"]))
    kernel, strides = rng.integers(1, 5, 2), rng.integers(1, 4, 2)
    image = kernel + rng.integers(0, 8, 2)
    sizes = -(-(image if padding == "SAME" else image - kernel + 1) // strides)
    batches, channels = int(rng.integers(1, 3)), int(rng.integers(1, 22))
    scale, zero_point = float(rng.uniform(0.005, 0.1)), _point(rng, dtype)
    source, result = (
        builder.tensor((batches, *map(int, size), channels), dtype, scale=scale, zero_point=zero_point)
        for size in (image, sizes)
    )
    options = {
        "padding": padding,
        "filter_height": int(kernel[0]),
        "filter_width": int(kernel[1]),
        "stride_h": int(strides[0]),
        "stride_w": int(strides[1]),
        "fused_activation_function": str(rng.choice(ACTIVATIONS)),
    }
    builder.operation(f"{kind}_POOL_2D", [source], [result], **options)
    return Case(f"{dtype} {kind} of {image}, {channels}, {options}", builder.graph([source], [result]))


def mean(rng: Rng, dtype: str) -> Case:
    """A MEAN over some axes of an image."""
    builder = GraphBuilder()
    shape = (int(rng.integers(1, 3)), *map(int, rng.integers(1, 7, 2)), int(rng.integers(1, 22)))
    choices = [(1, 2), (1, 2), (1,), (2,), (3,), (1, 2, 3), (0, 2)]
    axes = choices[int(rng.integers(len(choices)))]
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    scale = float(rng.uniform(0.005, 0.1))
    source = builder.tensor(shape, dtype, scale=scale, zero_point=_point(rng, dtype))
    places = builder.tensor((len(axes),), "int32", data=np.array(axes))
    result_scale = scale * float(rng.uniform(0.3, 1.5))
    result = builder.tensor(kept, dtype, scale=result_scale, zero_point=_point(rng, dtype))
    builder.operation("MEAN", [source, places], [result], keep_dims=True)
    return Case(f"{dtype} MEAN of {shape} over {axes}", builder.graph([source], [result]))


def table(rng: Rng) -> Case:
    """A LOGISTIC of any number of elements, of int8."""
    builder = GraphBuilder()
    shape = (1, int(rng.integers(1, 70)))
    source = builder.tensor(shape, scale=float(rng.uniform(0.01, 0.1)), zero_point=_point(rng, "int8"))
    result = builder.tensor(shape, scale=1 / 256, zero_point=-128)
    builder.operation("LOGISTIC", [source], [result])
    return Case(f"LOGISTIC of {shape}", builder.graph([source], [result]))


def random_elements(seed: int, dtype: str = "int8") -> Case:
    """Return a layer of one of the kinds, which take turns, of int8 or int16."""
    rng = np.random.default_rng(seed)
    kind = (pair, pair, pool, mean, None)[seed % 5]
    return kind(rng, dtype) if kind else table(rng)


def _point(rng: Rng, dtype: str) -> int:
    if dtype == "int16":
        return 0
    return int(rng.choice([-128, 0, 127, int(rng.integers(-128, 128))]))
