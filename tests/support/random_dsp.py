# SPDX-License-Identifier: Apache-2.0
"""Layers for the kernels of an instruction set: every window, mostly with what real models have.

Weights are from -127 to 127, as the specification of TFLite's quantization has them, seldom -128; scales
are mostly such that outputs are neither all zero nor all at the limits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from support.kernel_runner import Case
from support.random_layers import ACTIVATIONS, add_input
from support.tflite_writer import GraphBuilder

Rng = np.random.Generator
Pair = tuple[int, int]


def matrix(rng: Rng, dtype: str) -> Case:
    """A FULLY_CONNECTED of one or more rows."""
    builder = GraphBuilder()
    rows, in_len, out_len = _pick(rng, 1, 1, 2, 7), int(rng.integers(1, 70)), int(rng.integers(1, 22))
    if rng.integers(2):
        in_len, out_len = int(rng.integers(100, 300)), int(rng.integers(8, 40))
    source = add_input(builder, rng, (rows, in_len), dtype)
    inputs, scale = _weights(builder, rng, source, (out_len, in_len), axis=0)
    result = _output(builder, rng, (rows, out_len), scale, dtype)
    activation = str(rng.choice(ACTIVATIONS))
    builder.operation("FULLY_CONNECTED", inputs, [result], version=4, fused_activation_function=activation)
    return Case(f"{dtype} {rows} x {in_len} -> {out_len}", builder.graph([source], [result]))


def point(rng: Rng, dtype: str) -> Case:
    """A CONV_2D of 1 x 1, of stride 1."""
    return _window(rng, dtype, (1, 1), (1, 1), (1, 1), depthwise=False)


def convolution(rng: Rng, dtype: str) -> Case:
    """A CONV_2D of any window, often 3 x 3, of one row or of one column."""
    if not rng.integers(4):
        return fours(rng, dtype)
    kernel = _kernel(rng)
    strides = (_pick(rng, 1, 1, 2, 3), _pick(rng, 1, 1, 2, 3))
    return _window(
        rng, dtype, kernel, strides, (_pick(rng, 1, 1, 1, 2), _pick(rng, 1, 1, 1, 2)), depthwise=False
    )


def stem(rng: Rng) -> Case:
    """A CONV_2D of few channels."""
    strides = (_pick(rng, 1, 1, 2, 3), _pick(rng, 1, 1, 2, 3))
    dilations = (_pick(rng, 1, 1, 2), 1)
    return _window(rng, "int8", _kernel(rng), strides, dilations, depthwise=False, most_inputs=4)


def fours(rng: Rng, dtype: str = "int8") -> Case:
    """A CONV_2D of 3 x 3 whose channels and width are multiples of four."""
    return _window(rng, dtype, (3, 3), (1, 1), (1, 1), depthwise=False, by_four=True)


def grouped(rng: Rng) -> Case:
    """A CONV_2D of two groups or more."""
    strides = (_pick(rng, 1, 1, 2, 3), _pick(rng, 1, 1, 2, 3))
    dilations = (_pick(rng, 1, 1, 2), 1)
    groups = _pick(rng, 2, 3, 4)
    return _window(
        rng, "int8", _kernel(rng), strides, dilations, depthwise=False, most_inputs=6, groups=groups
    )


def depthwise(rng: Rng, dtype: str) -> Case:
    """A DEPTHWISE_CONV_2D with a multiplier of 1, mostly 3 x 3 of stride 1."""
    if rng.integers(3):
        return _window(rng, dtype, (3, 3), (1, 1), (1, 1), depthwise=True)
    strides = (_pick(rng, 1, 2, 2, 3), _pick(rng, 1, 2, 2, 3))
    return _window(
        rng, dtype, _kernel(rng), strides, (_pick(rng, 1, 1, 1, 2), _pick(rng, 1, 1, 1, 2)), depthwise=True
    )


KINDS: tuple[Callable[[Rng, str], Case], ...] = (matrix, point, convolution, depthwise)


def random_layer(seed: int, dtype: str = "int8") -> Case:
    """Return a layer of one of the kinds, which take turns, with activations of int8 or int16."""
    return KINDS[seed % len(KINDS)](np.random.default_rng(seed), dtype)


def _window(
    rng: Rng,
    dtype: str,
    kernel: Pair,
    strides: Pair,
    dilations: Pair,
    *,
    depthwise: bool,
    by_four: bool = False,
    most_inputs: int = 21,
    groups: int = 1,
) -> Case:
    """A layer with a window; by_four: the output's width and the channels are multiples of four."""
    builder = GraphBuilder()
    padding = str(rng.choice(["SAME", "SAME", "VALID"]))
    reach = [(kernel[i] - 1) * dilations[i] + 1 for i in range(2)]
    least = [1, 1] if padding == "SAME" else reach
    image = [int(rng.integers(n, n + 9)) for n in least]
    sizes = [
        -(-(size if padding == "SAME" else size - r + 1) // s)
        for size, r, s in zip(image, reach, strides, strict=True)
    ]
    in_c = groups * int(rng.integers(1, most_inputs + 1))
    if by_four:
        sizes[1], in_c = sizes[1] + -sizes[1] % 4, in_c + -in_c % 4
        image[1] = sizes[1] if padding == "SAME" else sizes[1] + 2
    out_c = in_c if depthwise else groups * int(rng.integers(1, 14))
    batches = _pick(rng, 1, 1, 1, 2)
    source = add_input(builder, rng, (batches, *image, in_c), dtype)
    shape = (1, *kernel, in_c) if depthwise else (out_c, *kernel, in_c // groups)
    inputs, scale = _weights(builder, rng, source, shape, axis=3 if depthwise else 0)
    result = _output(builder, rng, (batches, *sizes, out_c), scale, dtype)
    options = {
        "padding": padding,
        "stride_h": strides[0],
        "stride_w": strides[1],
        "dilation_h_factor": dilations[0],
        "dilation_w_factor": dilations[1],
        "fused_activation_function": str(rng.choice(ACTIVATIONS)),
    }
    if depthwise:
        options["depth_multiplier"] = 1
    kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    builder.operation(kind, inputs, [result], version=3, **options)
    name = f"{dtype} {kind} {kernel} of {(batches, *image, in_c)} to {out_c}, {options}"
    return Case(name, builder.graph([source], [result]))


def _kernel(rng: Rng) -> Pair:
    sizes = [
        (3, 3),
        (3, 3),
        (1, 3),
        (3, 1),
        (5, 5),
        (1, 1),
        (int(rng.integers(1, 6)), int(rng.integers(1, 6))),
    ]
    return sizes[int(rng.integers(len(sizes)))]


def _weights(
    builder: GraphBuilder, rng: Rng, source: int, shape: tuple[int, ...], axis: int
) -> tuple[list[int], float]:
    """Add weights and mostly a bias; return the operation's inputs and a scale for its output."""
    count = shape[axis]
    quantization = builder.tensors[source].quantization
    assert quantization is not None
    scales = rng.uniform(0.001, 0.02, count if rng.integers(4) else 1).tolist()
    if rng.integers(8):
        data = rng.integers(-127, 128, shape)
    else:
        data = rng.choice([-127, 127, _pick(rng, 127, -128)], shape)
    inputs = [source, builder.tensor(shape, scale=scales, axis=axis, data=data)]
    if rng.integers(5):
        bias = rng.integers(-20000, 20000, count) * _pick(rng, 1, 1, 1, 400)
        wide = builder.tensors[source].dtype == "int16"
        dtype = "int64" if wide else "int32"
        inputs.append(
            builder.tensor((count,), dtype, scale=[quantization.scale * s for s in scales], data=bias)
        )
    elif axis == 0:
        inputs.append(-1)
    spread = 75.0 * 75.0 / 50.0 * float(np.sqrt(np.prod(shape) / count))
    rare = float(rng.choice([1.0, 1.0, 1.0, 1.0, 1.0, 1e-4, 1e-3, 1e3]))
    return inputs, quantization.scale * float(np.mean(scales)) * spread * float(rng.uniform(0.2, 2)) * rare


def _output(builder: GraphBuilder, rng: Rng, shape: tuple[int, ...], scale: float, dtype: str) -> int:
    if dtype == "int16":
        return builder.tensor(shape, dtype, scale=max(scale, 1e-8))
    zero_point = _pick(rng, -128, -128, 127, 0, int(rng.integers(-128, 128)))
    return builder.tensor(shape, scale=max(scale, 1e-6), zero_point=zero_point)


def _pick(rng: Rng, *values: int) -> int:
    return values[int(rng.integers(len(values)))]
