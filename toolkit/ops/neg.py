# SPDX-License-Identifier: Apache-2.0
"""NEG on int8, of numbers around zero."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import quantization_of, same_quantization_problems


class Neg(LookupOperator):
    """-x. TFLite negates the bytes, whatever their scales and zero points say, and -128 stays -128.

    TFLM has it in float32 only.
    """

    kind = "NEG"
    oracle = "TFLite"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        point = quantization_of(source).zero_point
        if point:
            problems.append(f"its input's zero point is {point}, not 0, which TFLite ignores")
        return [*problems, *same_quantization_problems(source, result)]

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        return np.where(x == -128, x, -x)


OPERATOR = Neg()
