# SPDX-License-Identifier: Apache-2.0
"""LOGISTIC: 1 / (1 + exp(-x)) in steps of 1/256 on int8, of 1/32768 on int16."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.fixed_point import logistic
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.requantize import rounding_shift_right
from toolkit.ops.shared.sigmoid_input import INTEGER_BITS, input_scale_problems, sigmoid_input
from toolkit.ops.shared.wide_sigmoid import WideSigmoidOperator
from toolkit.ops.shared.wide_table import is_wide


class Logistic(WideSigmoidOperator, LookupOperator):
    """The logistic function; TFLM demands the output's zero point -128 and takes its scale as 1/256."""

    kind = "LOGISTIC"
    is_rising = True
    is_tanh = False

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems or is_wide(graph, operation):
            return problems
        problems = input_scale_problems(graph, operation)
        if problems:
            return problems
        zero_point = quantization_of(graph.tensors[operation.outputs[0]]).zero_point
        return [f"its output's zero point is {zero_point}, not -128"] if zero_point != -128 else []

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        found = sigmoid_input(x, source)
        steps = rounding_shift_right(logistic(found.numbers, INTEGER_BITS), 31 - 8) - 128
        return np.select([found.is_lowest, found.is_highest], [-128, 127], np.minimum(steps, 127))


OPERATOR = Logistic()
