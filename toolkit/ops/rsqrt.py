# SPDX-License-Identifier: Apache-2.0
"""RSQRT on int8: 1 / sqrt(x) of numbers that cannot be negative."""

from __future__ import annotations

import math

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.inverse_sqrt import inverse_sqrt
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.requantize import quantize_multiplier, requantize

_EXTRA_BITS = 20


class Rsqrt(LookupOperator):
    """TFLM stops at a negative number, so the input's zero point has to be the lowest; 1 / 0 is 127."""

    kind = "RSQRT"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        point = quantization_of(source).zero_point
        if point != -128:
            problems.append(f"its input's zero point is {point}, not -128: TFLM stops at a negative number")
        if not _scale(quantization_of(source), quantization_of(result)) < 2.0**20:
            problems.append("its output's scale is too small for its input's")
        return problems

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        centred = x - source.zero_point
        multiplier, shift = quantize_multiplier(_scale(source, result))
        roots = np.array([inverse_sqrt(int(v)) for v in np.ravel(centred)], np.int64).reshape((*x.shape, 2))
        fine = requantize(1, roots[..., 0], -roots[..., 1] + _EXTRA_BITS)
        numbers = requantize(fine, multiplier, shift - _EXTRA_BITS) + result.zero_point
        return np.where(centred == 0, 127, np.clip(numbers, -128, 127))


def _scale(source: Quantization, result: Quantization) -> float:
    """Return what 1 / sqrt(one step of the input) is in steps of the output; infinite past float32."""
    step = float(np.float32(math.sqrt(source.scale)) * np.float32(result.scale))
    return 1 / step if step else math.inf


OPERATOR = Rsqrt()
