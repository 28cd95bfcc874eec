# SPDX-License-Identifier: Apache-2.0
"""Layers with random shapes, options, scales and weights, to be put together to cases and networks.

Each function takes the id of an int8 tensor, adds one operation and returns the id of its output.
"""

from __future__ import annotations

import numpy as np
from support.tflite_writer import GraphBuilder

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
Rng = np.random.Generator


def add_input(builder: GraphBuilder, rng: Rng, shape: tuple[int, ...], dtype: str = "int8") -> int:
    """Add a tensor with a random scale and zero point, which is 0 for int16."""
    scale = _log_uniform(rng, 0.002, 0.2)
    if dtype == "int16":
        return builder.tensor(shape, dtype, scale=scale / 256)
    return builder.tensor(shape, dtype, scale=scale, zero_point=_zero_point(rng))


def add_convolution(
    builder: GraphBuilder, rng: Rng, source: int, *, depthwise: bool = False, weights: str = "int8"
) -> int:
    """Add a CONV_2D (sometimes grouped) or DEPTHWISE_CONV_2D (sometimes with a multiplier)."""
    batches, height, width, in_c = builder.tensors[source].shape
    options = _window_options(rng)
    kernel, step, reach = _random_window(rng, height, width, options)
    if depthwise:
        multiplier = int(rng.choice([1, 1, 1, 2, 3, 8]))
        out_c, shape = in_c * multiplier, (1, *kernel, in_c * multiplier)
        options["depth_multiplier"] = multiplier
    else:
        groups = int(rng.choice([g for g in (1, 1, 1, 2, 3, 4) if in_c % g == 0]))
        out_c = groups * int(rng.integers(1, 10))
        shape = (out_c, *kernel, in_c // groups)
    taps = kernel[0] * kernel[1] * (1 if depthwise else shape[3])
    axis = 3 if depthwise else 0
    inputs, out_scale = _add_weights(builder, rng, source, shape, axis, taps, dtype=weights)
    sizes = [
        _output_size(size, step[i], reach[i], str(options["padding"]))
        for i, size in enumerate((height, width))
    ]
    result = _add_output(builder, rng, source, (batches, *sizes, out_c), out_scale)
    kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
    builder.operation(kind, inputs, [result], version=3, **options)
    return result


def add_fully_connected(builder: GraphBuilder, rng: Rng, source: int, *, weights: str = "int8") -> int:
    """Add a FULLY_CONNECTED over the last axis, or over all but the first."""
    shape = builder.tensors[source].shape
    keep = bool(rng.integers(2))
    in_len = shape[-1] if keep else int(np.prod(shape[1:]))
    out_len = int(rng.integers(1, 20))
    shape_of_weights = (out_len, in_len)
    inputs, out_scale = _add_weights(builder, rng, source, shape_of_weights, 0, in_len, dtype=weights)
    out_shape = (*shape[:-1], out_len) if keep else (shape[0], out_len)
    result = _add_output(builder, rng, source, out_shape, out_scale)
    activation = str(rng.choice(ACTIVATIONS))
    builder.operation(
        "FULLY_CONNECTED",
        inputs,
        [result],
        version=4,
        keep_num_dims=keep,
        fused_activation_function=activation,
    )
    return result


def add_pool(builder: GraphBuilder, rng: Rng, source: int, kind: str) -> int:
    """Add an AVERAGE_POOL_2D or MAX_POOL_2D."""
    batches, height, width, channels = builder.tensors[source].shape
    options = _window_options(rng)
    del options["dilation_h_factor"], options["dilation_w_factor"]
    kernel, step, reach = _random_window(rng, height, width, options)
    sizes = [
        _output_size(size, step[i], reach[i], str(options["padding"]))
        for i, size in enumerate((height, width))
    ]
    result = _add_like(builder, source, (batches, *sizes, channels))
    builder.operation(
        kind, [source], [result], version=2, filter_height=kernel[0], filter_width=kernel[1], **options
    )
    return result


def add_mean(builder: GraphBuilder, rng: Rng, source: int, kind: str = "MEAN") -> int:
    """Add a MEAN or SUM over one or more axes, some of them counted from the end."""
    shape = builder.tensors[source].shape
    rank = len(shape)
    gone = rng.choice(rank, size=rng.integers(1, rank + 1), replace=False)
    keep = bool(rng.integers(2))
    out = [1 if i in gone else size for i, size in enumerate(shape) if keep or i not in gone]
    axes = [int(axis) - (rank if rng.integers(2) else 0) for axis in gone]
    axis = builder.tensor((len(axes),), "int32", data=axes)
    same = bool(rng.integers(2))
    scale = _scale_of(builder, source) * (1.0 if same else _log_uniform(rng, 0.1, 2.0))
    dtype = builder.tensors[source].dtype
    zero_point = _zero_point_of(builder, source) if same or dtype == "int16" else _zero_point(rng)
    result = builder.tensor(out, dtype, scale=scale, zero_point=zero_point)
    builder.operation(kind, [source, axis], [result], version=2, keep_dims=keep)
    return result


def add_pad(builder: GraphBuilder, rng: Rng, source: int) -> int:
    """Add a PAD with random paddings on some axes."""
    shape = builder.tensors[source].shape
    pairs = rng.integers(0, 4, (len(shape), 2)) * rng.integers(0, 2, (len(shape), 1))
    paddings = builder.tensor(pairs.shape, "int32", data=pairs)
    out = [int(size + before + after) for size, (before, after) in zip(shape, pairs, strict=True)]
    result = _add_like(builder, source, out)
    builder.operation("PAD", [source, paddings], [result], version=2)
    return result


def add_concatenation(builder: GraphBuilder, rng: Rng, sources: list[int], axis: int) -> int:
    """Add a CONCATENATION of tensors that agree in all but the axis and are quantized alike."""
    shapes = [builder.tensors[i].shape for i in sources]
    out = list(shapes[0])
    out[axis] = sum(shape[axis] for shape in shapes)
    result = _add_like(builder, sources[0], out)
    named = axis - (len(out) if rng.integers(2) else 0)
    builder.operation(
        "CONCATENATION", sources, [result], version=2, axis=named, fused_activation_function="NONE"
    )
    return result


def add_reshape(builder: GraphBuilder, rng: Rng, source: int, shape: tuple[int, ...]) -> int:
    """Add a RESHAPE, with the shape as an operand or only as an option."""
    result = _add_like(builder, source, shape)
    inputs = [source]
    if rng.integers(2):
        inputs.append(builder.tensor((len(shape),), "int32", data=shape))
    builder.operation("RESHAPE", inputs, [result], new_shape=shape)
    return result


def _log_uniform(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _zero_point(rng: Rng) -> int:
    return int(rng.choice([-128, 127, 0, *rng.integers(-128, 128, 4)]))


def _scale_of(builder: GraphBuilder, tensor: int) -> float:
    quantization = builder.tensors[tensor].quantization
    assert quantization is not None
    return quantization.scale


def _zero_point_of(builder: GraphBuilder, tensor: int) -> int:
    quantization = builder.tensors[tensor].quantization
    assert quantization is not None
    return quantization.zero_point


def _add_like(builder: GraphBuilder, source: int, shape: list[int] | tuple[int, ...]) -> int:
    scale, zero_point = _scale_of(builder, source), _zero_point_of(builder, source)
    return builder.tensor(shape, builder.tensors[source].dtype, scale=scale, zero_point=zero_point)


def _add_output(builder: GraphBuilder, rng: Rng, source: int, shape: tuple[int, ...], scale: float) -> int:
    dtype = builder.tensors[source].dtype
    return builder.tensor(shape, dtype, scale=scale, zero_point=0 if dtype == "int16" else _zero_point(rng))


def _window_options(rng: Rng) -> dict[str, int | str]:
    dilation_h, dilation_w = (int(rng.choice([1, 1, 1, 2, 3])) for _ in range(2))
    return {
        "stride_h": int(rng.integers(1, 4)),
        "stride_w": int(rng.integers(1, 4)),
        "dilation_h_factor": dilation_h,
        "dilation_w_factor": dilation_w,
        "padding": str(rng.choice(["SAME", "VALID"])),
        "fused_activation_function": str(rng.choice(ACTIVATIONS)),
    }


def _random_window(
    rng: Rng, height: int, width: int, options: dict[str, int | str]
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Return kernel, strides and reach, height first; a VALID window is no larger than the image."""
    kernel, reach = [], []
    for size, letter in ((height, "h"), (width, "w")):
        dilation = int(options.get(f"dilation_{letter}_factor", 1))
        most = 5 if options["padding"] == "SAME" else (size - 1) // dilation + 1
        kernel.append(int(rng.integers(1, min(5, most) + 1)))
        reach.append((kernel[-1] - 1) * dilation + 1)
    step = (int(options["stride_h"]), int(options["stride_w"]))
    return (kernel[0], kernel[1]), step, (reach[0], reach[1])


def _output_size(size: int, stride: int, reach: int, padding: str) -> int:
    return -(-size // stride) if padding == "SAME" else -(-(size - reach + 1) // stride)


def _add_weights(
    builder: GraphBuilder,
    rng: Rng,
    source: int,
    shape: tuple[int, ...],
    axis: int,
    taps: int,
    *,
    dtype: str = "int8",
) -> tuple[list[int], float]:
    """Add weights and perhaps a bias; return the operation's inputs and a scale for its output.

    A bias of int16 is int64, and for what TFLM takes it (axis 0) sometimes int32.
    """
    channels = shape[axis]
    is_wide, is_fully_connected = builder.tensors[source].dtype == "int16", len(shape) == 2
    count = channels if rng.integers(3) and not (dtype == "int4" and is_fully_connected) else 1
    into = _scale_of(builder, source)
    scales = [_log_uniform(rng, 0.001, 0.02) for _ in range(count)]
    most = 8 if dtype == "int4" else 128
    weights = builder.tensor(shape, dtype, scale=scales, axis=axis, data=rng.integers(-most, most, shape))
    inputs = [source, weights]
    if rng.integers(4):
        is_long = is_wide and (axis != 0 or rng.integers(3))
        bias_type = "int64" if is_long else "int32"
        bias = rng.integers(-20000, 20000, channels) * (256 if is_wide else 1)
        inputs.append(builder.tensor((channels,), bias_type, scale=[into * s for s in scales], data=bias))
    elif axis == 0 and rng.integers(2):
        inputs.append(-1)
    spread = float(np.sqrt(taps)) * 73.0 * 73.0 / 60.0 * most / 128
    rare = float(rng.choice([1.0, 1.0, 1.0, 1.0, 1e-4, 1e4]))
    scale = into * float(np.mean(scales)) * spread * _log_uniform(rng, 0.05, 4.0) * rare
    return inputs, max(scale, 1e-6)
