# SPDX-License-Identifier: Apache-2.0
"""Layers of the kinds that models have: portable kernels and an instruction set's, on a Cortex-M4 and M0+."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.arm_runner import cost_on_core
from support.firmware import skip_without
from support.kernel_runner import Case
from support.random_states import LstmShape, SvdfShape, lstm_graph, svdf_graph
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph
from toolkit.ops.shared.variants import with_variant
from toolkit.targets.cores import Core, find_core
from toolkit.targets.target import PORTABLE, target_of_core

pytestmark = pytest.mark.bench
M4, M0 = find_core("cortex-m4f"), find_core("cortex-m0plus")
IMAGE = (1, 16, 16, 32)


def two(kind: str, left: tuple[int, ...], right: tuple[int, ...], dtype: str = "int8") -> tuple[Graph, int]:
    """A sum, difference or product; counted by outputs."""
    builder = GraphBuilder()
    points, scales = (
        ((0, 0, 0), (5e-4, 4e-4, 7e-4)) if dtype == "int16" else ((-3, -3, 5), (0.05, 0.05, 0.07))
    )
    tensors = zip((left, right, left), scales, points, strict=True)
    *inputs, result = (builder.tensor(shape, dtype, scale=s, zero_point=z) for shape, s, z in tensors)
    builder.operation(kind, inputs, [result], fused_activation_function="NONE")
    return builder.graph(inputs, [result]), int(np.prod(left))


def pool(
    kind: str, size: int, stride: int, channels: int = IMAGE[3], dtype: str = "int8"
) -> tuple[Graph, int]:
    """A pool; counted by the inputs under its windows."""
    builder, point = GraphBuilder(), 0 if dtype == "int16" else -3
    outputs = (IMAGE[1] - size) // stride + 1
    source = builder.tensor((*IMAGE[:3], channels), dtype, scale=0.05, zero_point=point)
    result = builder.tensor((1, outputs, outputs, channels), dtype, scale=0.05, zero_point=point)
    options = {"filter_height": size, "filter_width": size, "stride_h": stride, "stride_w": stride}
    builder.operation(kind, [source], [result], padding="VALID", fused_activation_function="NONE", **options)
    return builder.graph([source], [result]), outputs**2 * size**2 * channels


def mean(dtype: str = "int8") -> tuple[Graph, int]:
    """A mean over the image; counted by inputs."""
    builder, points = GraphBuilder(), (0, 0) if dtype == "int16" else (-3, 5)
    source = builder.tensor(IMAGE, dtype, scale=0.05, zero_point=points[0])
    axes = builder.tensor((2,), "int32", data=np.array([1, 2]))
    result = builder.tensor((1, IMAGE[3]), dtype, scale=0.04, zero_point=points[1])
    builder.operation("MEAN", [source, axes], [result], keep_dims=False)
    return builder.graph([source], [result]), int(np.prod(IMAGE))


def convolution(
    in_c: int,
    out_c: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    groups: int = 1,
    types: str = "int8 int8",
    limit: int = 127,
) -> tuple[Graph, int]:
    """A CONV_2D over an image of 16 x 16; counted by products. limit is that of the weights."""
    return _window("CONV_2D", (out_c, kernel, kernel, in_c // groups), in_c, out_c, stride, types, limit)


def by_groups(in_c: int, out_c: int, groups: int) -> tuple[Graph, int]:
    """The same by the kernel that needs more scratch, as where a model has room for it."""
    graph, count = convolution(in_c, out_c, groups=groups)
    (operation,) = graph.operations
    return replace(graph, operations=(with_variant(operation, "groups"),)), count


def row(in_c: int, out_c: int, dilation: int) -> tuple[Graph, int]:
    """A CONV_2D of 1 x 3 over 256 pixels in a row; counted by products."""
    builder, shape = GraphBuilder(), (out_c, 1, 3, in_c)
    source, result, inputs = _weighted(builder, (1, 1, 256, in_c), (1, 1, 256, out_c), shape, "int8 int8")
    options = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": dilation}
    builder.operation(
        "CONV_2D", inputs, [result], padding="SAME", version=3, fused_activation_function="NONE", **options
    )
    return builder.graph([source], [result]), 256 * int(np.prod(shape))


def image(size: int, channels: int, stride: int) -> tuple[Graph, int]:
    """A CONV_2D of 3 x 3 over an image whose width is not a multiple of four; counted by products."""
    builder, shape, out = GraphBuilder(), (channels, 3, 3, channels), -(-size // stride)
    before, after = (1, size, size, channels), (1, out, out, channels)
    source, result, inputs = _weighted(builder, before, after, shape, "int8 int8")
    builder.operation(
        "CONV_2D", inputs, [result], padding="SAME", stride_h=stride, stride_w=stride, version=3,
        fused_activation_function="NONE",
    )  # fmt: skip
    return builder.graph([source], [result]), out**2 * int(np.prod(shape))


def depthwise(
    in_c: int,
    *,
    kernel: tuple[int, int] = (3, 3),
    stride: int = 1,
    multiplier: int = 1,
    types: str = "int8 int8",
) -> tuple[Graph, int]:
    """A DEPTHWISE_CONV_2D over an image of 16 x 16; counted by products."""
    out_c = in_c * multiplier
    return _window("DEPTHWISE_CONV_2D", (1, *kernel, out_c), in_c, out_c, stride, types)


def _window(
    kind: str, shape: tuple[int, ...], in_c: int, out_c: int, stride: int, types: str, limit: int = 127
) -> tuple[Graph, int]:
    builder, size = GraphBuilder(), 16 // stride
    before, after = (1, 16, 16, in_c), (1, size, size, out_c)
    source, result, inputs = _weighted(builder, before, after, shape, types, limit)
    options = {"depth_multiplier": out_c // in_c} if kind == "DEPTHWISE_CONV_2D" else {}
    builder.operation(
        kind, inputs, [result], padding="SAME", stride_h=stride, stride_w=stride, version=3,
        fused_activation_function="NONE", **options,
    )  # fmt: skip
    return builder.graph([source], [result]), size**2 * int(np.prod(shape))


def matrix(in_len: int, out_len: int, types: str) -> tuple[Graph, int]:
    """A FULLY_CONNECTED of one row; counted by products."""
    builder = GraphBuilder()
    source, result, inputs = _weighted(builder, (1, in_len), (1, out_len), (out_len, in_len), types)
    builder.operation("FULLY_CONNECTED", inputs, [result], version=4, fused_activation_function="NONE")
    return builder.graph([source], [result]), in_len * out_len


def transposed(kernel: int, in_c: int, out_c: int) -> tuple[Graph, int]:
    """A TRANSPOSE_CONV of stride 2 to an image of 16 x 16; counted by products."""
    builder, shape = GraphBuilder(), (out_c, kernel, kernel, in_c)
    source, result, inputs = _weighted(builder, (1, 8, 8, in_c), (1, 16, 16, out_c), shape, "int8 int8")
    size = builder.tensor((4,), "int32", data=(1, 16, 16, out_c))
    inputs = [size, inputs[1], inputs[0], inputs[2]]
    builder.operation("TRANSPOSE_CONV", inputs, [result], padding="SAME", stride_h=2, stride_w=2, version=3)
    return builder.graph([source], [result]), 8 * 8 * int(np.prod(shape))


def lstm() -> tuple[Graph, int]:
    """A UNIDIRECTIONAL_SEQUENCE_LSTM of 16 cells; counted by products."""
    shape = LstmShape(times=4, in_len=16, cells=16)
    return lstm_graph(shape, np.random.default_rng(1)), 4 * 4 * 16 * 32


def svdf() -> tuple[Graph, int]:
    """An SVDF; counted by products."""
    shape = SvdfShape(in_len=32, units=32, rank=1, memory=8)
    return svdf_graph(shape, np.random.default_rng(1)), 32 * (32 + 8)


def _weighted(
    builder: GraphBuilder,
    before: tuple[int, ...],
    after: tuple[int, ...],
    shape: tuple[int, ...],
    types: str,
    most: int = 127,
) -> tuple[int, int, list[int]]:
    """Add input, output, weights and bias; types are those of input and weights."""
    (into, of), rng = types.split(), np.random.default_rng(1)
    limit, is_wide = (7 if of == "int4" else most), into == "int16"
    source = builder.tensor(before, into, scale=0.05, zero_point=0 if is_wide else -3)
    result = builder.tensor(after, into, scale=0.3, zero_point=0 if is_wide else 5)
    axis = 3 if shape[0] == 1 else 0
    scales = [0.003] * (1 if len(shape) == 2 else shape[axis])
    data = rng.integers(-limit, limit + 1, shape)
    weights = builder.tensor(shape, of, scale=scales, axis=axis, data=data)
    bias = rng.integers(-2000, 2000, shape[axis])
    kept = builder.tensor(
        (shape[axis],), "int64" if is_wide else "int32", scale=[1.5e-4] * shape[axis], data=bias
    )
    return source, result, [source, weights, kept]


def lookup() -> tuple[Graph, int]:
    """A HARD_SWISH, which is a table; counted by outputs."""
    builder = GraphBuilder()
    source = builder.tensor(IMAGE, scale=0.05, zero_point=-3)
    result = builder.tensor(IMAGE, scale=0.04, zero_point=-110)
    builder.operation("HARD_SWISH", [source], [result])
    return builder.graph([source], [result]), int(np.prod(IMAGE))


LAYERS: dict[str, Callable[[], tuple[Graph, int]]] = {
    "ADD of two images": lambda: two("ADD", IMAGE, IMAGE),
    "ADD of a row": lambda: two("ADD", IMAGE, (1, 1, 1, 32)),
    "SUB of two images": lambda: two("SUB", IMAGE, IMAGE),
    "ADD of two images, int16": lambda: two("ADD", IMAGE, IMAGE, "int16"),
    "ADD of a row, int16": lambda: two("ADD", IMAGE, (1, 1, 1, 32), "int16"),
    "MUL of two images": lambda: two("MUL", IMAGE, IMAGE),
    "MUL of two images, int16": lambda: two("MUL", IMAGE, IMAGE, "int16"),
    "MUL by a number for each pixel, int16": lambda: two("MUL", IMAGE, (1, 16, 16, 1), "int16"),
    "MUL by a number for each channel": lambda: two("MUL", IMAGE, (1, 1, 1, 32)),
    "MUL by a number for each pixel": lambda: two("MUL", IMAGE, (1, 16, 16, 1)),
    "AVERAGE_POOL_2D 16 x 16": lambda: pool("AVERAGE_POOL_2D", 16, 1),
    "AVERAGE_POOL_2D 2 x 2": lambda: pool("AVERAGE_POOL_2D", 2, 2),
    "AVERAGE_POOL_2D 2 x 2 of 6": lambda: pool("AVERAGE_POOL_2D", 2, 2, 6),
    "MAX_POOL_2D 2 x 2": lambda: pool("MAX_POOL_2D", 2, 2),
    "MAX_POOL_2D 2 x 2 of 6": lambda: pool("MAX_POOL_2D", 2, 2, 6),
    "MAX_POOL_2D 3 x 3": lambda: pool("MAX_POOL_2D", 3, 2),
    "MEAN of 16 x 16": mean,
    "AVERAGE_POOL_2D 16 x 16, int16": lambda: pool("AVERAGE_POOL_2D", 16, 1, dtype="int16"),
    "AVERAGE_POOL_2D 2 x 2, int16": lambda: pool("AVERAGE_POOL_2D", 2, 2, dtype="int16"),
    "MAX_POOL_2D 2 x 2, int16": lambda: pool("MAX_POOL_2D", 2, 2, dtype="int16"),
    "MEAN of 16 x 16, int16": lambda: mean("int16"),
    "HARD_SWISH of 16 x 16 x 32": lookup,
    "CONV_2D 16 to 16": lambda: convolution(16, 16),
    "CONV_2D 3 to 8, stride 2": lambda: convolution(3, 8, stride=2),
    "CONV_2D 1 to 8": lambda: convolution(1, 8),
    "CONV_2D 1 to 8, stride 2": lambda: convolution(1, 8, stride=2),
    "CONV_2D 5 x 5, 1 to 6": lambda: convolution(1, 6, kernel=5),
    "CONV_2D 5 to 5": lambda: convolution(5, 5),
    "CONV_2D 1 x 3 dilated by 4, 32 to 32": lambda: row(32, 32, 4),
    "CONV_2D 16 to 16 of 30 x 30": lambda: image(30, 16, 1),
    "CONV_2D 16 to 16 of 30 x 30, stride 2": lambda: image(30, 16, 2),
    "CONV_2D 16 to 16 in 4 groups": lambda: convolution(16, 16, groups=4),
    "CONV_2D 16 to 16 in 4 groups, by groups": lambda: by_groups(16, 16, 4),
    "CONV_2D 16 to 32 in 8 groups, by groups": lambda: by_groups(16, 32, 8),
    "CONV_2D 16 to 16, int4": lambda: convolution(16, 16, types="int8 int4"),
    "CONV_2D 16 to 16, 16x8": lambda: convolution(16, 16, types="int16 int8"),
    "CONV_2D 1 x 1 32 to 32, 16x8": lambda: convolution(32, 32, kernel=1, types="int16 int8"),
    "FULLY_CONNECTED 256 to 32, int4": lambda: matrix(256, 32, "int8 int4"),
    "FULLY_CONNECTED 256 to 32, 16x8": lambda: matrix(256, 32, "int16 int8"),
    "DEPTHWISE_CONV_2D 3 x 3 of 32": lambda: depthwise(32),
    "DEPTHWISE_CONV_2D 3 x 3 of 32, stride 2": lambda: depthwise(32, stride=2),
    "DEPTHWISE_CONV_2D 5 x 5 of 32": lambda: depthwise(32, kernel=(5, 5)),
    "DEPTHWISE_CONV_2D 1 x 5 of 32": lambda: depthwise(32, kernel=(1, 5)),
    "DEPTHWISE_CONV_2D 3 x 3 of 3": lambda: depthwise(3),
    "DEPTHWISE_CONV_2D 3 x 3 of 1 by 8": lambda: depthwise(1, multiplier=8),
    "DEPTHWISE_CONV_2D 3 x 3 of 8 by 2": lambda: depthwise(8, multiplier=2),
    "DEPTHWISE_CONV_2D 3 x 3 of 32, int4": lambda: depthwise(32, types="int8 int4"),
    "DEPTHWISE_CONV_2D 3 x 3 of 32, 16x8": lambda: depthwise(32, types="int16 int8"),
    "TRANSPOSE_CONV 4 x 4, stride 2, 16 to 16": lambda: transposed(4, 16, 16),
    "TRANSPOSE_CONV 3 x 3, stride 2, 16 to 16": lambda: transposed(3, 16, 16),
    "TRANSPOSE_CONV 2 x 2, stride 2, 24 to 16": lambda: transposed(2, 24, 16),
    "TRANSPOSE_CONV 2 x 2, stride 2, 16 to 8": lambda: transposed(2, 16, 8),
    "UNIDIRECTIONAL_SEQUENCE_LSTM 16 to 16": lstm,
    "SVDF 32 to 32, 8 back": svdf,
}


ON_M0: dict[str, Callable[[], tuple[Graph, int]]] = {
    "ADD of two images": lambda: two("ADD", IMAGE, IMAGE),
    "MUL of two images": lambda: two("MUL", IMAGE, IMAGE),
    "MEAN of 16 x 16": mean,
    "CONV_2D 1 x 1 64 to 64": lambda: convolution(64, 64, kernel=1),
    "CONV_2D 1 x 1 64 to 64, small weights": lambda: convolution(64, 64, kernel=1, limit=60),
    "CONV_2D 1 x 1 8 to 16": lambda: convolution(8, 16, kernel=1),
    "CONV_2D 12 to 12": lambda: convolution(12, 12),
    "CONV_2D 3 to 8, stride 2": lambda: convolution(3, 8, stride=2),
    "DEPTHWISE_CONV_2D 3 x 3 of 32": lambda: depthwise(32),
    "DEPTHWISE_CONV_2D 3 x 3 of 32, stride 2": lambda: depthwise(32, stride=2),
    "FULLY_CONNECTED 640 to 128": lambda: matrix(640, 128, "int8 int8"),
    "FULLY_CONNECTED 64 to 10": lambda: matrix(64, 10, "int8 int8"),
}


@pytest.mark.parametrize(
    ("core", "name"),
    [*((M4, name) for name in LAYERS), *((M0, name) for name in ON_M0)],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_layer_takes_fewer_instructions_and_cycles_than_portable(
    core: Core, name: str, tmp_path: Path
) -> None:
    skip_without("nano33ble", "gcc")
    graph, count = (LAYERS if core is M4 else ON_M0)[name]()
    portable, own = (
        cost_on_core(Case(name, graph), tmp_path, core, target) for target in (PORTABLE, target_of_core(core))
    )
    figures = [f"{number / count:.2f}" for number in (*portable, *own)]
    print(f"| {name} | {figures[0]} | {figures[2]} | {figures[1]} | {figures[3]} |")
    assert own[0] < portable[0]
    assert own[1] < portable[1]
