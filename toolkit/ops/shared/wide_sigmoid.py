# SPDX-License-Identifier: Apache-2.0
"""LOGISTIC and TANH on int16, as TFLM computes them: a table of 1 / (1 + exp(-x)), and straight lines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import KernelCall, TensorArgument
from toolkit.ops.shared.sigmoid_table import sigmoid_of_steps, table_argument, tanh_of_steps
from toolkit.ops.shared.wide_table import WideTableOperator

# Entries are 1 / 24 apart; 2**12 steps of 2**-12 are 1, so that a third of a step is 2**-9 entries.
_STEPS_PER_ONE = 2.0**12
# Of the multiplier, which has 15 bits if it is not shifted; above, 32768 times it overflows.
_MOST_MULTIPLIER = 65535
_LOG_TOLERANCE = 1e-3


@dataclass(frozen=True)
class _Scaling:
    """(number * multiplier + half) >> shift is the argument in steps of 2**-9 entries."""

    multiplier: int
    shift: int


class WideSigmoidOperator(WideTableOperator):
    """1 / (1 + exp(-x)), or 2 / (1 + exp(-2x)) - 1 for tanh, in steps of 2**-15."""

    is_tanh: bool

    def wide_limits(self, graph: Graph, operation: Operation) -> list[str]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if _power_of_two(result) != -15:
            return [f"its output's scale is {quantization_of(result).scale:g}, not 1/32768"]
        if _scaling(source, self.is_tanh).multiplier > _MOST_MULTIPLIER:
            return [f"its input's scale {quantization_of(source).scale:g} is too large"]
        return []

    def wide_call(self, graph: Graph, operation: Operation) -> KernelCall:
        source, result = operation.inputs[0], operation.outputs[0]
        scaling = _scaling(graph.tensors[source], self.is_tanh)
        return KernelCall(
            kernel="tm_sigmoid_s16",
            params={
                "elements": graph.tensors[source].elements,
                "multiplier": scaling.multiplier,
                "shift": scaling.shift,
                "is_tanh": int(self.is_tanh),
            },
            arguments=(
                TensorArgument(source),
                table_argument(),
                TensorArgument(result),
            ),
        )

    def wide_values(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        scaling = _scaling(graph.tensors[operation.inputs[0]], self.is_tanh)
        argument = (x * scaling.multiplier + (1 << scaling.shift >> 1)) >> scaling.shift
        return tanh_of_steps(argument) if self.is_tanh else sigmoid_of_steps(argument)


def _power_of_two(tensor: Tensor) -> int | None:
    """Return the exponent of a scale that TFLM takes for a power of two, None for another."""
    exponent = math.log2(quantization_of(tensor).scale)
    return round(exponent) if abs(exponent - round(exponent)) < _LOG_TOLERANCE else None


def _scaling(source: Tensor, is_tanh: bool) -> _Scaling:
    exponent = _power_of_two(source)
    if exponent is not None and exponent + 12 in ((0, 1) if is_tanh else (0,)):
        return _Scaling(3 << (exponent + 12), 0)
    multiplier, shift = quantization_of(source).scale * _STEPS_PER_ONE * 3, 0
    while multiplier <= 32767 / 2 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    return _Scaling(int(multiplier), shift)
