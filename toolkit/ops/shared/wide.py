# SPDX-License-Identifier: Apache-2.0
"""ADD, SUB and MUL on int16, whose zero points are 0: their limits, and their kernels' calls."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.addends import sum_scale, twice_largest_scale
from toolkit.ops.shared.elementwise import planned_call
from toolkit.ops.shared.operands import quantization_of, wide_zero_point_problems
from toolkit.ops.shared.operator import KernelCall, ParamValue
from toolkit.ops.shared.requantize import quantize_multiplier

# The product has 30 bits and a sign, so that it cannot be shifted to the left.
MOST_WIDE_SCALE = 0.999999


def wide_problems(graph: Graph, operation: Operation) -> list[str]:
    """Return a reason if a zero point of int16 tensors is not 0."""
    return wide_zero_point_problems(*(graph.tensors[i] for i in (*operation.inputs, *operation.outputs)))


def wide_sum_call(graph: Graph, operation: Operation, sign: int = 1) -> KernelCall:
    """Return the call for left + sign * right."""
    left, right = operation.inputs
    twice = twice_largest_scale(graph, operation)
    params: dict[str, ParamValue] = {"right_factor": sign}
    for side, i in (("left", left), ("right", right)):
        multiplier, shift = quantize_multiplier(quantization_of(graph.tensors[i]).scale / twice)
        params |= {f"{side}_multiplier": multiplier, f"{side}_shift": shift}
    return _call(graph, operation, "tm_add_s16", params, sum_scale(graph, operation))


def wide_product_call(graph: Graph, operation: Operation) -> KernelCall:
    """Return the call for left * right."""
    left, right = (quantization_of(graph.tensors[i]).scale for i in operation.inputs)
    scale = left * right / quantization_of(graph.tensors[operation.outputs[0]]).scale
    return _call(graph, operation, "tm_mul_s16", {}, scale)


def _call(
    graph: Graph, operation: Operation, kernel: str, params: dict[str, ParamValue], scale: float
) -> KernelCall:
    left, right = operation.inputs
    result = graph.tensors[operation.outputs[0]]
    multiplier, shift = quantize_multiplier(scale)
    least, most = activation_range(operation, result)
    params |= {"multiplier": multiplier, "shift": shift, "least": least, "most": most}
    return planned_call(graph, kernel, (left, right), result.id, params)
