# SPDX-License-Identifier: Apache-2.0
"""What ADD, SUB, ADD_N and CUMSUM share: numbers with more bits, in steps of twice the largest scale."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import Array, ParamValue
from toolkit.ops.shared.requantize import Int64, quantize_multiplier, requantize

_EXTRA_BITS = {"int8": 20, "int16": 15}


def twice_largest_scale(graph: Graph, operation: Operation) -> float:
    """Return twice the largest scale of the inputs; a constant int32 axis is not one of them."""
    inputs = (graph.tensors[i] for i in operation.inputs)
    return 2 * max(quantization_of(t).scale for t in inputs if t.dtype in _EXTRA_BITS)


def sum_scale(graph: Graph, operation: Operation) -> float:
    """Return what one step of the sum is in steps of the output."""
    result = graph.tensors[operation.outputs[0]]
    finer = 2.0 ** _EXTRA_BITS[result.dtype]
    return twice_largest_scale(graph, operation) / (finer * quantization_of(result).scale)


def addend(value: Array | None, quantization: Quantization, twice_scale: float) -> Int64:
    """Return int8 or int16 numbers as they stand in the sum."""
    assert value is not None
    centred = value.astype(np.int64) - quantization.zero_point
    finer = centred << _EXTRA_BITS[value.dtype.name]
    return requantize(finer, *quantize_multiplier(quantization.scale / twice_scale))


def by_scale(graph: Graph, operation: Operation) -> tuple[int, int]:
    """Return both inputs, the one of the larger scale first: it only has to be shifted."""
    left, right = operation.inputs
    is_swapped = quantization_of(graph.tensors[left]).scale < quantization_of(graph.tensors[right]).scale
    return (right, left) if is_swapped else (left, right)


def sum_params(graph: Graph, operation: Operation) -> dict[str, ParamValue]:
    """Return what the int8 kernels of a sum or difference of two are told, whatever the signs."""
    big, small = (quantization_of(graph.tensors[i]) for i in by_scale(graph, operation))
    result = graph.tensors[operation.outputs[0]]
    small_multiplier, small_shift = quantize_multiplier(small.scale / (2 * big.scale))
    output_multiplier, output_shift = quantize_multiplier(sum_scale(graph, operation))
    least, most = activation_range(operation, result)
    return {
        "big_zero_point": big.zero_point,
        "small_zero_point": small.zero_point,
        "small_multiplier": small_multiplier,
        "small_shift": -small_shift,
        "output_multiplier": output_multiplier,
        "output_shift": max(1, -output_shift),
        "output_zero_point": quantization_of(result).zero_point,
        "least": least,
        "most": most,
    }


def sum_scale_problems(graph: Graph, operation: Operation) -> list[str]:
    """Return a reason if the output's scale is so small that a sum would be shifted to the left."""
    if sum_scale(graph, operation) >= 0.5:
        return ["the scale of its output is too small for those of its inputs"]
    return []


def zero_point_problems(graph: Graph, operation: Operation) -> list[str]:
    """Return a reason if TFLM's sum, which starts with the input's zero point, would be wrong."""
    point = quantization_of(graph.tensors[operation.inputs[0]]).zero_point
    return [f"its input's zero point is {point}, not 0: TFLM takes it away once too often"] if point else []
