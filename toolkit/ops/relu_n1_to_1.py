# SPDX-License-Identifier: Apache-2.0
"""RELU_N1_TO_1 on int8: the input held between -1 and 1, in the output's scale."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.activation import range_of, range_problems
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import quantization_of, rescale_problems
from toolkit.ops.shared.requantize import quantize_multiplier, requantize


class ReluN1To1(LookupOperator):
    """min(max(x, -1), 1), rescaled to the output's scale. TFLM has it as a fused activation only."""

    kind = "RELU_N1_TO_1"
    oracle = "TFLite"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems:
            return problems
        result = quantization_of(graph.tensors[operation.outputs[0]])
        return [*rescale_problems(graph, operation), *range_problems(self.kind, result)]

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        multiplier, shift = quantize_multiplier(source.scale / result.scale)
        rescaled = requantize(x - source.zero_point, multiplier, shift) + result.zero_point
        return np.clip(rescaled, *range_of(self.kind, "int8", result))


OPERATOR = ReluN1To1()
