# SPDX-License-Identifier: Apache-2.0
"""Weights, bias and scales by output channel: what convolutions and FULLY_CONNECTED share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.activation import activation_problems, activation_range
from toolkit.ops.operands import quantization_of, quantized_problems
from toolkit.ops.operator import Argument, ConstantArgument
from toolkit.ops.requantize import quantize_multiplier, requantize

Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Operands:
    """The tensors of an operation with weights; bias is None where it is left out."""

    source: Tensor
    weights: Tensor
    bias: Tensor | None
    result: Tensor


def operands_of(graph: Graph, operation: Operation) -> Operands:
    """Return the tensors of an operation in which operand_problems found nothing."""
    bias = operation.inputs[2] if len(operation.inputs) == 3 else -1
    return Operands(
        graph.tensors[operation.inputs[0]],
        graph.tensors[operation.inputs[1]],
        graph.tensors[bias] if bias >= 0 else None,
        graph.tensors[operation.outputs[0]],
    )


def operand_problems(graph: Graph, operation: Operation, weights_rank: int) -> list[str]:
    """Return why these are not int8 input, constant int8 weights, constant int32 bias, int8 output."""
    ids = (*operation.inputs[:2], *(i for i in operation.inputs[2:] if i != -1), *operation.outputs)
    if len(operation.inputs) not in (2, 3) or len(operation.outputs) != 1:
        return [f"it has {len(operation.inputs)} inputs and {len(operation.outputs)} outputs"]
    if not all(0 <= i < len(graph.tensors) for i in ids):
        return ["one of its inputs or outputs is left out"]
    found = operands_of(graph, operation)
    problems = quantized_problems("input", found.source) + quantized_problems("output", found.result)
    if found.result.is_constant:
        problems.append("its output is a constant")
    if found.weights.dtype != "int8":
        problems.append(f"its weights are {found.weights.dtype}, not int8")
    elif not found.weights.is_constant:
        problems.append("its weights are not constant")
    if len(found.weights.shape) != weights_rank or min(found.weights.shape, default=0) < 1:
        shape = list(found.weights.shape)
        problems.append(f"its weights have the shape {shape}, not {weights_rank} sizes of 1 or more")
    if found.bias is not None and (found.bias.dtype != "int32" or not found.bias.is_constant):
        problems.append("its bias is not an int32 constant")
    return problems


def channel_problems(
    operation: Operation, found: Operands, axis: int, *, zero_point: bool = False
) -> list[str]:
    """Return why output channels, along axis of the weights, cannot be scaled or summed in 32 bits.

    zero_point says that weights quantized per tensor may have a zero point other than 0.
    """
    channels = found.weights.shape[axis]
    quantization = found.weights.quantization
    if quantization is None or len(quantization.scales) not in (1, channels):
        return [f"its weights do not have one scale, or one for each of {channels} channels"]
    if len(quantization.scales) > 1 and quantization.axis != axis:
        return [f"its weights are quantized along axis {quantization.axis}, not {axis}"]
    if len(quantization.zero_points) != len(quantization.scales):
        return ["its weights have not as many zero points as scales"]
    allowed = zero_point and len(quantization.scales) == 1 and -128 <= quantization.zero_point <= 127
    if any(quantization.zero_points) and not allowed:
        return ["its weights have a zero point other than 0, which TFLM ignores"]
    if not all(math.isfinite(scale) and scale > 0 for scale in quantization.scales):
        return ["its weights have a scale that is not positive and finite"]
    if found.bias is not None and found.bias.elements != channels:
        return [f"its bias has {found.bias.elements} elements, not {channels}"]
    problems = activation_problems(operation, found.result)
    ratio = (
        quantization_of(found.source).scale * max(quantization.scales) / quantization_of(found.result).scale
    )
    if not ratio < 2.0**30:
        problems.append("its output's scale is too small for those of input and weights")
    if _greatest_sum(found, axis) >= 2**31:
        problems.append("its sums can exceed 32 bits")
    return problems


def bias_values(found: Operands, channels: int) -> Int64:
    """Return the bias, zeros where it is left out."""
    if found.bias is None or found.bias.data is None:
        return np.zeros(channels, dtype=np.int64)
    return found.bias.data.astype(np.int64).reshape(channels)


def by_channel(found: Operands, axis: int) -> Int64:
    """Return the weights less their zero point, (channels, everything else)."""
    assert found.weights.data is not None
    moved = np.moveaxis(found.weights.data.astype(np.int64), axis, 0)
    return moved.reshape(moved.shape[0], -1) - quantization_of(found.weights).zero_points[0]


def _greatest_sum(found: Operands, axis: int) -> int:
    """Return a bound of all partial sums, whether zero points are in the bias or in the factors."""
    weights, offset = by_channel(found, axis), quantization_of(found.weights).zero_points[0]
    largest = 256 * (np.abs(weights).sum(axis=1) + abs(offset) * weights.shape[1])
    return int((np.abs(bias_values(found, len(weights))) + largest).max())


def folded_bias(found: Operands, axis: int) -> ConstantArgument:
    """Return the table of what each sum starts with: the bias and what the input's zero point adds."""
    weights = by_channel(found, axis)
    bias = bias_values(found, len(weights)) - quantization_of(found.source).zero_point * weights.sum(axis=1)
    return ConstantArgument("bias", bias.astype(np.int32), is_weights=found.bias is not None)


def scale_tables(scales: Sequence[float]) -> list[Argument]:
    """Return the tables of multipliers and shifts, of one entry where all scales are the same."""
    pairs = [quantize_multiplier(scale) for scale in (scales if len(set(scales)) > 1 else scales[:1])]
    return [
        ConstantArgument("multiplier", np.array([multiplier for multiplier, _ in pairs], dtype=np.int32)),
        ConstantArgument("shift", np.array([shift for _, shift in pairs], dtype=np.int8)),
    ]


def output_values(operation: Operation, found: Operands, scales: Sequence[float]) -> tuple[int, ...]:
    """Return the initializer of tm_output in kernels/tm_channels.h."""
    least, most = activation_range(operation, found.result)
    step = 1 if len(set(scales)) > 1 else 0
    return step, quantization_of(found.result).zero_point, least, most


def convolution_scales(found: Operands) -> list[float]:
    """Return the scale of the sums for each channel, or one; multiplied in float64, as TFLM does."""
    into, out = quantization_of(found.source).scale, quantization_of(found.result).scale
    return [into * scale / out for scale in quantization_of(found.weights).scales]


def to_outputs(
    sums: Int64, operation: Operation, found: Operands, scales: Sequence[float]
) -> NDArray[np.int8]:
    """Return sums (..., channels) scaled, moved to the output's zero point and held in its range."""
    pairs = np.array([quantize_multiplier(scale) for scale in scales], dtype=np.int64)
    scaled = requantize(sums, pairs[:, 0], pairs[:, 1]) + quantization_of(found.result).zero_point
    return np.clip(scaled, *activation_range(operation, found.result)).astype(np.int8)
