# SPDX-License-Identifier: Apache-2.0
"""RELU on int8 or int16: the positive numbers, in the output's scale."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import rescale_problems, step_ratio
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.slopes import Slopes, SlopesOperator


class Relu(SlopesOperator, LookupOperator):
    """max(x, 0), rescaled to the output's scale."""

    kind = "RELU"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return super().problems(graph, operation) or rescale_problems(graph, operation)

    def slopes(self, graph: Graph, operation: Operation) -> Slopes:
        return Slopes(above=step_ratio(graph, operation), below=0.0)

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        multiplier, shift = quantize_multiplier(source.scale / result.scale)
        rescaled = requantize(x - source.zero_point, multiplier, shift) + result.zero_point
        return np.clip(rescaled, result.zero_point, 127)


OPERATOR = Relu()
