# SPDX-License-Identifier: Apache-2.0
"""Random TRANSPOSE_CONV and BATCH_MATMUL as graphs of one operation."""

from __future__ import annotations

import numpy as np
from support.random_layers import ACTIVATIONS
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

Rng = np.random.Generator


def random_scale(rng: Rng, low: float = 0.002, high: float = 0.2) -> float:
    """Return a scale as training gives it."""
    return float(np.float32(np.exp(rng.uniform(np.log(low), np.log(high)))))


def random_zero_point(rng: Rng) -> int:
    """Return an int8 zero point, the limits among them."""
    return int(rng.choice([-128, 127, 0, *rng.integers(-128, 128, 4)]))


def transpose_conv(rng: Rng, dtype: str = "int8") -> Graph:
    """Return a TRANSPOSE_CONV with random sizes, strides, padding, bias and scales."""
    is_wide = dtype == "int16"
    builder = GraphBuilder()
    size = [int(value) for value in rng.integers(1, 6, 2)]
    kernel, stride = ([int(value) for value in rng.integers(1, most, 2)] for most in (6, 4))
    in_c, out_c = (int(value) for value in rng.integers(1, 10, 2))
    padding = str(rng.choice(["SAME", "VALID"]))
    longer = [int(rng.integers(0, step)) for step in stride]
    if padding == "SAME":
        out = [s * step - more for s, step, more in zip(size, stride, longer, strict=True)]
    else:
        both = zip(size, stride, kernel, longer, strict=True)
        out = [(s - 1) * step + taps + more for s, step, taps, more in both]
    batches = int(rng.integers(1, 3))
    shape = (batches, *out, out_c)
    scales = [random_scale(rng, 0.001, 0.02) for _ in range(out_c if rng.integers(2) else 1)]
    x = _tensor(builder, rng, (batches, *size, in_c), dtype)
    data = rng.integers(-128, 128, (out_c, *kernel, in_c))
    weights = builder.tensor(data.shape, scale=scales, data=data)
    inputs = [builder.tensor((4,), "int32", data=shape), weights, x]
    if rng.integers(3):
        bias = rng.integers(-9000, 9000, out_c)
        bias_type = "int64" if is_wide else "int32"
        inputs.append(builder.tensor((out_c,), bias_type, scale=[s * 0.01 for s in scales], data=bias))
    y = _tensor(builder, rng, shape, dtype, (0.01, 2))
    builder.operation(
        "TRANSPOSE_CONV",
        inputs,
        [y],
        version=3,
        padding=padding,
        stride_h=stride[0],
        stride_w=stride[1],
        fused_activation_function=str(rng.choice(ACTIVATIONS)),
    )
    return builder.graph([x], [y])


def _tensor(
    builder: GraphBuilder,
    rng: Rng,
    shape: tuple[int, ...],
    dtype: str,
    scales: tuple[float, float] = (0.002, 0.2),
    data: object = None,
) -> int:
    """Add a tensor with a random scale in scales (1/256 of it for int16, whose zero point is 0)."""
    scale = random_scale(rng, *scales)
    if dtype == "int16":
        return builder.tensor(shape, dtype, scale=scale / 256, data=data)
    return builder.tensor(shape, scale=scale, zero_point=random_zero_point(rng), data=data)


def batch_matmul(rng: Rng, dtype: str = "int8") -> Graph:
    """Return a BATCH_MATMUL of random sizes and batches; the right input is sometimes constant."""
    builder = GraphBuilder()
    rows, depth, columns = (int(value) for value in rng.integers(1, 11, 3))
    batches = tuple(int(value) for value in rng.integers(1, 4, rng.integers(0, 4)))
    shapes = [_less(rng, batches), _less(rng, batches)]
    adj_x, adj_y = (bool(value) for value in rng.integers(0, 2, 2))
    left = (*shapes[0], *((depth, rows) if adj_x else (rows, depth)))
    right = (*shapes[1], *((columns, depth) if adj_y else (depth, columns)))
    result = (*np.broadcast_shapes(*shapes), rows, columns)
    most = 128 if dtype == "int8" else 2**15
    data = rng.integers(-most, most, right) if rng.integers(3) == 0 else None
    x = _tensor(builder, rng, left, dtype)
    y = _tensor(builder, rng, right, dtype, data=data)
    z = _tensor(builder, rng, result, dtype, (0.01, 10))
    builder.operation("BATCH_MATMUL", [x, y], [z], version=2, adj_x=adj_x, adj_y=adj_y)
    return builder.graph([x] if data is not None else [x, y], [z])


def _less(rng: Rng, batches: tuple[int, ...]) -> tuple[int, ...]:
    """Return batches with some sizes 1 and perhaps some of the first dimensions left out."""
    kept = batches[int(rng.integers(0, len(batches) + 1)) if rng.integers(3) == 0 else 0 :]
    return tuple(size if rng.integers(3) else 1 for size in kept)
