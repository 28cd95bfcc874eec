# SPDX-License-Identifier: Apache-2.0
"""SUB on int8, int16 or int32, with broadcasting and fused activation."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import held_output
from toolkit.ops.shared.addends import (
    addend,
    by_scale,
    sum_params,
    sum_scale,
    sum_scale_problems,
    twice_largest_scale,
)
from toolkit.ops.shared.elementwise import elementwise_problems, planned_call
from toolkit.ops.shared.fitted import weighted_sum_call
from toolkit.ops.shared.operands import WIDTHS, quantization_of
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.whole import WholeOperator
from toolkit.ops.shared.wide import wide_problems, wide_sum_call


class Sub(WholeOperator):
    """x - y, as ADD adds. The operand of the larger scale only has to be shifted."""

    kind = "SUB"

    def quantized_problems(self, graph: Graph, operation: Operation) -> list[str]:
        return (
            elementwise_problems(graph, operation, dtypes=WIDTHS)
            or sum_scale_problems(graph, operation)
            or wide_problems(graph, operation)
        )

    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        if graph.tensors[operation.outputs[0]].dtype == "int16":
            return wide_sum_call(graph, operation, sign=-1)
        operands = by_scale(graph, operation)
        sign = 1 if operands == operation.inputs else -1
        factors = {"big_factor": sign << 19, "small_factor": -sign}
        params = sum_params(graph, operation) | factors
        return planned_call(graph, "tm_sub_s8", operands, operation.outputs[0], params)

    def dsp_call(self, graph: Graph, operation: Operation) -> KernelCall | None:
        if graph.tensors[operation.outputs[0]].dtype != "int8":
            return None
        return weighted_sum_call(self, graph, operation, right_sign=-1)

    def quantized_reference(
        self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]
    ) -> list[Array]:
        result = graph.tensors[operation.outputs[0]]
        left_found, right_found = (quantization_of(graph.tensors[i]) for i in operation.inputs)
        twice = twice_largest_scale(graph, operation)
        difference = addend(inputs[0], left_found, twice) - addend(inputs[1], right_found, twice)
        rescaled = requantize(difference, *quantize_multiplier(sum_scale(graph, operation)))
        return [held_output(rescaled, operation, result)]


OPERATOR = Sub()
