# SPDX-License-Identifier: Apache-2.0
"""Weights, bias and scales by output channel: what convolutions and FULLY_CONNECTED share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation, Tensor
from toolkit.ops.shared.activation import activation_problems, activation_range
from toolkit.ops.shared.operands import WIDTHS, quantization_of, quantized_problems, wide_zero_point_problems
from toolkit.ops.shared.operator import Argument, Array, ConstantArgument, TensorArgument
from toolkit.ops.shared.requantize import quantize_multiplier, reduced_multiplier, requantize, requantize_once

Int64 = NDArray[np.int64]
# From here on TFLM, which scales 64-bit sums by 15 bits, stops.
_MOST_RATIO_ONCE = 2.0**7


@dataclass(frozen=True, eq=False)
class Operands:
    """The tensors of an operation with weights; bias is None where it is left out."""

    source: Tensor
    weights: Tensor
    bias: Tensor | None
    result: Tensor

    @property
    def is_wide(self) -> bool:
        """Whether input and output are int16: 16x8."""
        return self.source.dtype == "int16"

    @property
    def rounds_once(self) -> bool:
        """Whether TFLM scales the sums as 64-bit numbers: with int16, unless the bias is int32."""
        return self.is_wide and (self.bias is None or self.bias.dtype == "int64")

    @property
    def item_bytes(self) -> int:
        """The size of a number of the input and the output."""
        return DTYPE_BYTES[self.source.dtype]

    @property
    def suffix(self) -> str:
        """The end of the kernel's name: by the input's type, or the weights' if they are int4."""
        return "s16" if self.is_wide else "s4" if self.weights.dtype == "int4" else "s8"


def operands_of(graph: Graph, operation: Operation) -> Operands:
    """Return the tensors of an operation in which operand_problems found nothing."""
    bias = operation.inputs[2] if len(operation.inputs) == 3 else -1
    return Operands(
        graph.tensors[operation.inputs[0]],
        graph.tensors[operation.inputs[1]],
        graph.tensors[bias] if bias >= 0 else None,
        graph.tensors[operation.outputs[0]],
    )


def operand_problems(
    graph: Graph,
    operation: Operation,
    weights_rank: int,
    *,
    weights_dtypes: Sequence[str] = ("int8",),
    short_bias: bool = False,
) -> list[str]:
    """Return why these are not input, constant weights and bias, and output, as TFLM takes them.

    Input and output are both int8, or both int16 with weights of int8. weights_dtypes may have int4,
    short_bias says that int16 goes with an int32 bias too.
    """
    ids = (*operation.inputs[:2], *(i for i in operation.inputs[2:] if i != -1), *operation.outputs)
    if len(operation.inputs) not in (2, 3) or len(operation.outputs) != 1:
        return [f"it has {len(operation.inputs)} inputs and {len(operation.outputs)} outputs"]
    if not all(0 <= i < len(graph.tensors) for i in ids):
        return ["one of its inputs or outputs is left out"]
    found = operands_of(graph, operation)
    problems = [
        *quantized_problems("input", found.source, WIDTHS),
        *quantized_problems("output", found.result, (found.source.dtype,) if found.is_wide else ("int8",)),
    ] or wide_zero_point_problems(found.source, found.result)
    if found.result.is_constant:
        problems.append("its output is a constant")
    allowed = ("int8",) if found.is_wide else weights_dtypes
    if found.weights.dtype not in allowed:
        problems.append(f"its weights are {found.weights.dtype}, not {' or '.join(allowed)}")
    elif not found.weights.is_constant:
        problems.append("its weights are not constant")
    if len(found.weights.shape) != weights_rank or min(found.weights.shape, default=0) < 1:
        shape = list(found.weights.shape)
        problems.append(f"its weights have the shape {shape}, not {weights_rank} sizes of 1 or more")
    return problems + _bias_type_problems(found, short_bias)


def _bias_type_problems(found: Operands, short_bias: bool) -> list[str]:
    if found.bias is None:
        return []
    dtypes = ["int64", "int32"] if short_bias else ["int64"]
    dtypes = dtypes if found.is_wide else ["int32"]
    if found.bias.dtype in dtypes and found.bias.is_constant:
        return []
    return [f"its bias is not an {' or '.join(dtypes)} constant"]


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
    allowed = allowed and not found.is_wide
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
    greatest = _greatest_sum(found, axis)
    if not ratio < (_MOST_RATIO_ONCE if found.rounds_once else 2.0**30):
        problems.append("its output's scale is too small for those of input and weights")
    if greatest * (ratio if found.rounds_once else 1) >= 2**31 or greatest >= 2**47:
        problems.append(f"its {'outputs' if found.rounds_once else 'sums'} can exceed 32 bits")
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
    factors = np.abs(weights).sum(axis=1) + abs(offset) * weights.shape[1]
    largest = (2**15 if found.is_wide else 256) * factors
    return int((np.abs(bias_values(found, len(weights))) + largest).max())


def folded_bias(found: Operands, axis: int) -> ConstantArgument:
    """Return the table of what each sum starts with: the bias and what the input's zero point adds."""
    weights = by_channel(found, axis)
    bias = bias_values(found, len(weights)) - quantization_of(found.source).zero_point * weights.sum(axis=1)
    return bias_table(found, bias)


def bias_table(found: Operands, bias: Int64) -> ConstantArgument:
    """Return the table of biases, 64 bits each for int16."""
    dtype = np.int64 if found.is_wide else np.int32
    return ConstantArgument("bias", bias.astype(dtype), is_weights=found.bias is not None)


def weights_argument(found: Operands) -> Argument:
    """Return the weights as they are, int4 in packed rows."""
    if found.weights.dtype != "int4":
        return TensorArgument(found.weights.id)
    assert found.weights.data is not None
    return packed_argument(found.weights.data)


def packed_argument(weights: NDArray[np.generic]) -> ConstantArgument:
    """Return int4 weights (rows, ...), two in a byte, the first in its low half; rows begin with a byte."""
    rows = weights.reshape(len(weights), -1).astype(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2)))
    packed = (rows[:, 0::2] & 15) | (rows[:, 1::2] << 4)
    return ConstantArgument("weights", packed.view(np.int8), is_weights=True)


def _scale_pairs(found: Operands, scales: Sequence[float]) -> list[tuple[int, int]]:
    pairs = [quantize_multiplier(scale) for scale in scales]
    return [reduced_multiplier(*pair) for pair in pairs] if found.rounds_once else pairs


def scale_tables(found: Operands, scales: Sequence[float]) -> list[ConstantArgument]:
    """Return the tables of multipliers and shifts, of one entry where all scales are the same."""
    pairs = _scale_pairs(found, scales if len(set(scales)) > 1 else scales[:1])
    return [
        ConstantArgument("multiplier", np.array([multiplier for multiplier, _ in pairs], dtype=np.int32)),
        ConstantArgument("shift", np.array([shift for _, shift in pairs], dtype=np.int8)),
    ]


def output_values(operation: Operation, found: Operands, scales: Sequence[float]) -> tuple[int, ...]:
    """Return the initializer of tm_output in kernels/tm_channels.h, for int16 of tm_output_s16."""
    least, most = activation_range(operation, found.result)
    step = 1 if len(set(scales)) > 1 else 0
    if found.is_wide:
        return step, int(found.rounds_once), least, most
    return step, quantization_of(found.result).zero_point, least, most


def convolution_scales(found: Operands) -> list[float]:
    """Return the scale of the sums for each channel, or one; multiplied in float64, as TFLM does."""
    into, out = quantization_of(found.source).scale, quantization_of(found.result).scale
    return [into * scale / out for scale in quantization_of(found.weights).scales]


def to_outputs(sums: Int64, operation: Operation, found: Operands, scales: Sequence[float]) -> Array:
    """Return sums (..., channels) scaled, moved to the output's zero point and held in its range."""
    pairs = np.array(_scale_pairs(found, scales), dtype=np.int64)
    rescale = requantize_once if found.rounds_once else requantize
    scaled = rescale(sums, pairs[:, 0], pairs[:, 1]) + quantization_of(found.result).zero_point
    return np.clip(scaled, *activation_range(operation, found.result)).astype(found.result.dtype)
