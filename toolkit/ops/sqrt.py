# SPDX-License-Identifier: Apache-2.0
"""SQRT on int8, of numbers that cannot be negative."""

from __future__ import annotations

import math

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.lookup import Int64, LookupOperator, hold_int8
from toolkit.ops.shared.operands import quantization_of

_MOST_STEPS = 2.0**30


class Sqrt(LookupOperator):
    """TFLite computes in float32 and drops what is left of a step; it stops at a negative number.

    So the input's zero point has to be the lowest. TFLM has it in float32 only.
    """

    kind = "SQRT"
    oracle = "TFLite"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems:
            return problems
        source, result = (
            quantization_of(graph.tensors[i]) for i in (operation.inputs[0], operation.outputs[0])
        )
        if source.zero_point != -128:
            point = source.zero_point
            problems.append(f"its input's zero point is {point}, not -128: TFLite stops at a negative number")
        if math.sqrt(255 * source.scale) / result.scale >= _MOST_STEPS:
            problems.append("its output's scale is too small for its input's")
        return problems

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        real = np.float32(source.scale) * (x - source.zero_point).astype(np.float32)
        steps = np.sqrt(real) / np.float32(result.scale)
        return hold_int8(np.trunc(steps).astype(np.int64) + result.zero_point)


OPERATOR = Sqrt()
