# SPDX-License-Identifier: Apache-2.0
"""ADD, SUB and MUL on int16, whose zero points are 0: their limits, and their kernels' calls."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.addends import by_scale, sum_scale, twice_largest_scale
from toolkit.ops.shared.elementwise import planned_call
from toolkit.ops.shared.operands import quantization_of, wide_zero_point_problems
from toolkit.ops.shared.operator import KernelCall, ParamValue
from toolkit.ops.shared.requantize import quantize_multiplier, requantize, rounding_shift_right
from toolkit.ops.shared.scaling import MOST_SHIFT

# The product has 30 bits and a sign, so that it cannot be shifted to the left.
MOST_WIDE_SCALE = 0.999999
_MOST = 2**15 - 1


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
    return _call(graph, operation, "tm_mul_s16", {}, _product_scale(graph, operation))


def fast_sum_call(graph: Graph, operation: Operation) -> KernelCall | None:
    """Return ARMv7E-M's call for left + right, if its shifts fit: not where both have one scale."""
    big, small = by_scale(graph, operation)
    ratio = quantization_of(graph.tensors[small]).scale / twice_largest_scale(graph, operation)
    pairs = [quantize_multiplier(scale) for scale in (ratio, sum_scale(graph, operation))]
    if not all(1 <= -shift <= MOST_SHIFT for _, shift in pairs):
        return None
    return _fast_call(graph, operation, "tm_sum_s16", (big, small), pairs)


def fast_product_call(graph: Graph, operation: Operation) -> KernelCall | None:
    """Return ARMv7E-M's call for left * right, if its shift fits and -2**15 times itself is exact."""
    multiplier, shift = pair = quantize_multiplier(_product_scale(graph, operation))
    if not 1 <= -shift <= MOST_SHIFT:
        return None
    largest = rounding_shift_right(((2**31 - 1) * multiplier + 2**31) >> 32, -shift)
    if min(int(largest), _MOST) != min(int(requantize(2**30, *pair)), _MOST):
        return None
    left, right = operation.inputs
    return _fast_call(graph, operation, "tm_product_s16", (left, right), [pair])


def _fast_call(
    graph: Graph,
    operation: Operation,
    kernel: str,
    inputs: tuple[int, int],
    pairs: Sequence[tuple[int, int]],
) -> KernelCall:
    """Return the call with each pair's multiplier, what is added before its shift to the right, and that."""
    result = graph.tensors[operation.outputs[0]]
    least, most = activation_range(operation, result)
    scale = tuple(n for multiplier, shift in pairs for n in (multiplier, 1 << (-shift - 1), -shift))
    params: dict[str, ParamValue] = {"scale": scale, "least": least, "most": most}
    return planned_call(graph, kernel, inputs, result.id, params)


def _product_scale(graph: Graph, operation: Operation) -> float:
    left, right = (quantization_of(graph.tensors[i]).scale for i in operation.inputs)
    return left * right / quantization_of(graph.tensors[operation.outputs[0]]).scale


def _call(
    graph: Graph, operation: Operation, kernel: str, params: dict[str, ParamValue], scale: float
) -> KernelCall:
    left, right = operation.inputs
    result = graph.tensors[operation.outputs[0]]
    multiplier, shift = quantize_multiplier(scale)
    least, most = activation_range(operation, result)
    params |= {"multiplier": multiplier, "shift": shift, "least": least, "most": most}
    return planned_call(graph, kernel, (left, right), result.id, params)
