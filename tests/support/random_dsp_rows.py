# SPDX-License-Identifier: Apache-2.0
"""Layers whose kernels take rows of weights as they are: grouped, transposed, 16x8, int4, with states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from support.kernel_runner import Case
from support.random_layers import ACTIVATIONS, add_convolution, add_fully_connected, add_input
from support.random_matrices import transpose_conv
from support.random_states import LstmShape, lstm_graph, random_svdf, svdf_graph
from support.tflite_writer import GraphBuilder

from toolkit.ir.graph import Graph

Rng = np.random.Generator


def convolution(rng: Rng, source: str, weights: str) -> Graph:
    """A CONV_2D, sometimes grouped, or a DEPTHWISE_CONV_2D with a multiplier."""
    builder = GraphBuilder()
    shape = (int(rng.integers(1, 3)), *map(int, rng.integers(3, 9, 2)), int(rng.integers(1, 13)))
    x = add_input(builder, rng, shape, source)
    depthwise = bool(rng.integers(2))
    result = add_convolution(builder, rng, x, depthwise=depthwise, weights=weights)
    return builder.graph([x], [result])


def depthwise_int4(rng: Rng) -> Graph:
    """A DEPTHWISE_CONV_2D of 3 x 3 or 1 x 5 with weights of int4."""
    builder = GraphBuilder()
    shape = (1, *map(int, rng.integers(3, 9, 2)), int(rng.integers(4, 23)))
    x = add_input(builder, rng, shape)
    kernel = (3, 3) if rng.integers(2) else (1, 5)
    data = rng.integers(-7, 8, (1, *kernel, shape[3]))
    scales = rng.uniform(0.01, 0.2, shape[3]).tolist()
    weights = builder.tensor(data.shape, "int4", scale=scales, axis=3, data=data)
    quantization = builder.tensors[x].quantization
    assert quantization is not None
    result = builder.tensor(shape, scale=quantization.scale * 8, zero_point=-5)
    options = {"padding": "SAME", "stride_w": 1, "stride_h": 1, "depth_multiplier": 1}
    activation = str(rng.choice(ACTIVATIONS))
    builder.operation(
        "DEPTHWISE_CONV_2D",
        [x, weights],
        [result],
        version=3,
        fused_activation_function=activation,
        **options,
    )
    return builder.graph([x], [result])


def matrix(rng: Rng, source: str, weights: str) -> Graph:
    """A FULLY_CONNECTED, sometimes longer than what 32 bits can sum up."""
    builder = GraphBuilder()
    length = int(rng.integers(1, 60)) if rng.integers(3) else int(rng.integers(500, 1200))
    x = add_input(builder, rng, (int(rng.integers(1, 3)), length), source)
    return builder.graph([x], [add_fully_connected(builder, rng, x, weights=weights)])


def lstm(rng: Rng) -> Graph:
    """A UNIDIRECTIONAL_SEQUENCE_LSTM."""
    in_len, cells = (int(n) for n in rng.integers(1, 24, 2))
    return lstm_graph(LstmShape(times=2, in_len=in_len, cells=cells, weights_scale=0.004), rng)


def svdf(rng: Rng) -> Graph:
    """An SVDF."""
    return svdf_graph(random_svdf(int(rng.integers(1000)), rng), rng)


KINDS: dict[str, Callable[[Rng], Graph]] = {
    "conv": lambda rng: convolution(rng, "int8", "int8"),
    "conv, int4": lambda rng: convolution(rng, "int8", "int4"),
    "conv, 16x8": lambda rng: convolution(rng, "int16", "int8"),
    "depthwise, int4": depthwise_int4,
    "matrix, int4": lambda rng: matrix(rng, "int8", "int4"),
    "matrix, 16x8": lambda rng: matrix(rng, "int16", "int8"),
    "transposed": lambda rng: transpose_conv(rng),
    "transposed, 16x8": lambda rng: transpose_conv(rng, "int16"),
    "lstm": lstm,
    "svdf": svdf,
}


def random_rows(seed: int) -> Case:
    """Return a layer of one of the kinds, which take turns."""
    name = list(KINDS)[seed % len(KINDS)]
    return Case(f"{name} {seed}", KINDS[name](np.random.default_rng(seed)))
