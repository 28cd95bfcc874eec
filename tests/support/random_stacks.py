# SPDX-License-Identifier: Apache-2.0
"""Random stacks of layers over images, as the first stages of image networks have them."""

from __future__ import annotations

import numpy as np
from support.random_layers import Rng, add_concatenation, add_convolution, add_input, add_pool
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

_KINDS = ("conv", "conv", "depthwise", "pool", "residual", "inception", "scaled", "pad", "relu")


def image_network(size: int = 24) -> Graph:
    """A wide stage over an image, a residual in it, that a pool and a matrix make small."""
    builder = GraphBuilder("wide")
    rng = np.random.default_rng(5)
    source = x = builder.tensor((1, size, size, 3), scale=0.5, zero_point=-3)

    def convolution(x: int, out: int, stride: int) -> int:
        _, height, width, into = builder.tensors[x].shape
        weights = rng.integers(-128, 128, (out, 3, 3, into))
        kernel = builder.tensor(weights.shape, scale=0.01, data=weights)
        y = builder.tensor((1, -(-height // stride), -(-width // stride), out), scale=0.9, zero_point=7)
        options = {"padding": "SAME", "stride_h": stride, "stride_w": stride}
        builder.operation("CONV_2D", [x, kernel, -1], [y], fused_activation_function="RELU", **options)
        return y

    x = convolution(x, 16, 1)
    total = builder.tensor(builder.tensors[x].shape, scale=0.9, zero_point=7)
    builder.operation("ADD", [convolution(x, 16, 1), x], [total], fused_activation_function="NONE")
    x = convolution(convolution(total, 16, 2), 8, 2)
    result = builder.tensor((1, 4), scale=2.0)
    length = int(np.prod(builder.tensors[x].shape))
    flat = builder.tensor((1, length), scale=0.9, zero_point=7)
    builder.operation("RESHAPE", [x], [flat], new_shape=(1, length))
    weights = builder.tensor((4, length), scale=0.01, data=rng.integers(-128, 128, (4, length)))
    builder.operation("FULLY_CONNECTED", [flat, weights, -1], [result], fused_activation_function="NONE")
    return builder.graph([source], [result])


def random_stack(seed: int, layers: int = 4) -> Graph:
    """Return so many layers, odd sizes, strides, dilations and even kernels among them, over one image."""
    rng = np.random.default_rng(seed)
    builder = GraphBuilder(f"stack{seed}")
    height, width = (int(n) for n in rng.integers(5, 14, 2))
    source = add_input(builder, rng, (1, height, width, int(rng.integers(1, 4))))
    x = source
    for _ in range(layers):
        x = _layer(builder, rng, x, str(rng.choice(_KINDS)))
    return builder.graph([source], [x])


def _layer(builder: GraphBuilder, rng: Rng, x: int, kind: str) -> int:
    if kind in ("conv", "depthwise"):
        return add_convolution(builder, rng, x, depthwise=kind == "depthwise")
    if kind == "pool":
        return add_pool(builder, rng, x, str(rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"])))
    if kind == "residual":
        return _elementwise(builder, "ADD", [_same(builder, rng, x), x])
    if kind == "inception":
        branches = [_requantized(builder, _same(builder, rng, x), x) for _ in range(2)]
        return add_concatenation(builder, rng, [*branches, x], axis=3)
    if kind == "scaled":
        channels = builder.tensors[x].shape[3]
        factors = builder.tensor((channels,), scale=0.01, data=rng.integers(-128, 128, channels))
        return _elementwise(builder, "MUL", [x, factors])
    return _padded(builder, rng, x) if kind == "pad" else _elementwise(builder, "RELU", [x])


def _same(builder: GraphBuilder, rng: Rng, x: int) -> int:
    """Add a convolution, even kernels too, whose output has its input's shape."""
    *image, channels = builder.tensors[x].shape
    kernel = [int(n) for n in rng.integers(1, 5, 2)]
    quantization = builder.tensors[x].quantization
    assert quantization is not None
    shape = (channels, *kernel, channels)
    weights = builder.tensor(shape, scale=[0.01] * channels, axis=0, data=rng.integers(-128, 128, shape))
    result = builder.tensor((*image, channels), scale=quantization.scale, zero_point=int(rng.integers(-9, 9)))
    options = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": int(rng.integers(1, 3)), "padding": "SAME"}
    options |= {"dilation_w_factor": 1, "fused_activation_function": "NONE"}
    builder.operation("CONV_2D", [x, weights, -1], [result], version=3, **options)
    return result


def _elementwise(builder: GraphBuilder, kind: str, inputs: list[int]) -> int:
    quantization = builder.tensors[inputs[0]].quantization
    assert quantization is not None
    result = builder.tensor(builder.tensors[inputs[0]].shape, scale=quantization.scale, zero_point=3)
    options = {} if kind == "RELU" else {"fused_activation_function": "NONE"}
    builder.operation(kind, inputs, [result], **options)
    return result


def _requantized(builder: GraphBuilder, x: int, like: int) -> int:
    quantization = builder.tensors[like].quantization
    assert quantization is not None
    shape = builder.tensors[x].shape
    result = builder.tensor(shape, scale=quantization.scale, zero_point=quantization.zero_point)
    builder.operation("QUANTIZE", [x], [result])
    return result


def _padded(builder: GraphBuilder, rng: Rng, x: int) -> int:
    """Add a PAD and a convolution that can do it, as Keras' ZeroPadding2D before a stride of 2."""
    _, height, width, channels = builder.tensors[x].shape
    around = rng.integers(0, 2, (2, 2))
    pairs = np.concatenate([np.zeros((1, 2)), around, np.zeros((1, 2))]).astype(np.int32)
    quantization = builder.tensors[x].quantization
    assert quantization is not None
    shape = (1, height + int(around[0].sum()), width + int(around[1].sum()), channels)
    y = builder.tensor(shape, scale=quantization.scale, zero_point=quantization.zero_point)
    builder.operation("PAD", [x, builder.tensor((4, 2), "int32", data=pairs)], [y])
    return add_convolution(builder, rng, y)
