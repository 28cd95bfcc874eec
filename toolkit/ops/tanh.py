# SPDX-License-Identifier: Apache-2.0
"""TANH in steps of 1/128 on int8, of 1/32768 on int16."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.fixed_point import tanh
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.requantize import rounding_shift_right
from toolkit.ops.shared.sigmoid_input import INTEGER_BITS, input_scale_problems, sigmoid_input
from toolkit.ops.shared.wide_sigmoid import WideSigmoidOperator
from toolkit.ops.shared.wide_table import is_wide


class Tanh(WideSigmoidOperator, LookupOperator):
    """The hyperbolic tangent; TFLM takes the output's scale as 1/128 and its zero point as 0."""

    kind = "TANH"
    is_rising = True
    is_tanh = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems or is_wide(graph, operation):
            return problems
        return input_scale_problems(graph, operation)

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        found = sigmoid_input(x, source)
        steps = rounding_shift_right(tanh(found.numbers, INTEGER_BITS), 31 - 7)
        return np.select([found.is_lowest, found.is_highest], [-128, 127], np.clip(steps, -128, 127))


OPERATOR = Tanh()
