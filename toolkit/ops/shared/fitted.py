# SPDX-License-Identifier: Apache-2.0
"""Sums of two int8 tensors as one formula in integers, c + a * x + b * y, that was proven exact.

An operator scales such a sum several times and rounds each time. There are no more than 65,536
pairs of x and y: so the formula of tm_weighted_sum_s8.h, with a and b from the scales, is compared
with the operator's own reference for all of them, and c is chosen such that none differs.
"""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.elementwise import planned_call
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import KernelCall, Operator

# The kernels' TM_WEIGHTED_BITS; weights have eight bits more.
_BITS = 20
_WEIGHT_BITS = 28
_LIMIT = 2**31


def weighted_sum_call(
    operator: Operator, graph: Graph, operation: Operation, right_sign: int
) -> KernelCall | None:
    """Return the call of tm_weighted_sum_s8 for left + right_sign * right; None if no formula is exact."""
    result = graph.tensors[operation.outputs[0]]
    scales = [quantization_of(graph.tensors[i]).scale for i in operation.inputs]
    left, right = (round(scale / quantization_of(result).scale * 2**_WEIGHT_BITS) for scale in scales)
    least, most = activation_range(operation, result)
    start = _start(_results(operator, graph, operation), left, right_sign * right, least, most)
    if start is None:
        return None
    params = {"a": left, "b": right_sign * right, "c": start, "least": least, "most": most}
    inputs = operation.inputs[0], operation.inputs[1]
    return planned_call(graph, "tm_weighted_sum_s8", inputs, result.id, params)


def _results(operator: Operator, graph: Graph, operation: Operation) -> Int64:
    """Return what the operator makes of all pairs of int8, (left, right)."""
    numbers = np.arange(-128, 128, dtype=np.int8)
    (results,) = operator.reference(graph, operation, [numbers[:, np.newaxis], numbers[np.newaxis]])
    return results.astype(np.int64)


def _start(wanted: Int64, a: int, b: int, least: int, most: int) -> int | None:
    """Return the c in the middle of those that give what is wanted for all pairs, None if there is none."""
    numbers = np.arange(-128, 128, dtype=np.int64)
    sums = (a * numbers >> 8)[:, np.newaxis] + (b * numbers >> 8)
    above, below = wanted > least, wanted < most
    low = np.max((wanted << _BITS) - sums, initial=-_LIMIT, where=above)
    high = np.min((wanted + 1 << _BITS) - 1 - sums, initial=_LIMIT, where=below)
    start = int(low + high) // 2
    largest = abs(start) + int(np.abs(sums).max())
    fits = low <= high and largest < _LIMIT and max(abs(a), abs(b)) < _LIMIT
    return start if fits else None
