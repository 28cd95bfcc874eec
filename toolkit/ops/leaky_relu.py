# SPDX-License-Identifier: Apache-2.0
"""LEAKY_RELU on int8 or int16, with the slope alpha below 0."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.lookup import Int64, hold_int8
from toolkit.ops.shared.operands import quantization_of, rescale_problems, step_ratio
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.slopes import Slopes, SlopesOperator
from toolkit.ops.shared.wide_table import is_wide


class LeakyRelu(SlopesOperator):
    """x above 0, alpha * x below, both rescaled to the output's scale."""

    kind = "LEAKY_RELU"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation) or rescale_problems(graph, operation)
        if problems:
            return problems
        alpha, ratio = _alpha(operation), step_ratio(graph, operation)
        most = 2**14 if is_wide(graph, operation) else 2**22
        if not 0 <= alpha < most or not alpha * ratio < most:
            return [f"its alpha is {alpha:g}, which is negative or too large"]
        return []

    def slopes(self, graph: Graph, operation: Operation) -> Slopes:
        return Slopes(above=step_ratio(graph, operation), below=_below(graph, operation))

    def table(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        source, result = (
            quantization_of(graph.tensors[i]) for i in (operation.inputs[0], operation.outputs[0])
        )
        ratio = step_ratio(graph, operation)
        centred = x - source.zero_point
        above = requantize(centred, *quantize_multiplier(ratio))
        below = requantize(centred, *quantize_multiplier(_below(graph, operation)))
        return hold_int8(np.where(centred >= 0, above, below) + result.zero_point)


def _alpha(operation: Operation) -> float:
    alpha = operation.options.get("alpha", 0.0)
    return float(alpha) if isinstance(alpha, (int, float)) else -1.0


def _below(graph: Graph, operation: Operation) -> float:
    """Return the scale of numbers below 0; TFLM multiplies input's scale and alpha in float64."""
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    return quantization_of(source).scale * _alpha(operation) / quantization_of(result).scale


OPERATOR = LeakyRelu()
