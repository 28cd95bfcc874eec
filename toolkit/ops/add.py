# SPDX-License-Identifier: Apache-2.0
"""ADD on int8, int16 or int32, with broadcasting and fused activation."""

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
from toolkit.ops.shared.elementwise import elementwise_call, elementwise_problems
from toolkit.ops.shared.fitted import weighted_sum_call
from toolkit.ops.shared.operands import WIDTHS, quantization_of
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.whole import WholeOperator
from toolkit.ops.shared.wide import fast_sum_call, wide_problems, wide_sum_call


class Add(WholeOperator):
    """x + y. TFLM brings both to twice the larger scale with 20 more bits, adds, and rescales."""

    kind = "ADD"
    is_rising = True

    def quantized_problems(self, graph: Graph, operation: Operation) -> list[str]:
        return (
            elementwise_problems(graph, operation, dtypes=WIDTHS)
            or sum_scale_problems(graph, operation)
            or wide_problems(graph, operation)
        )

    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        if graph.tensors[operation.outputs[0]].dtype == "int16":
            return wide_sum_call(graph, operation)
        params = sum_params(graph, operation)
        return elementwise_call(graph, "add", by_scale(graph, operation), operation.outputs[0], params)

    def dsp_call(self, graph: Graph, operation: Operation) -> KernelCall | None:
        if graph.tensors[operation.outputs[0]].dtype == "int16":
            return fast_sum_call(graph, operation)
        return weighted_sum_call(self, graph, operation, right_sign=1)

    def quantized_reference(
        self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]
    ) -> list[Array]:
        result = graph.tensors[operation.outputs[0]]
        found = [quantization_of(graph.tensors[i]) for i in operation.inputs]
        twice = twice_largest_scale(graph, operation)
        total = sum(addend(value, q, twice) for value, q in zip(inputs, found, strict=True))
        rescaled = requantize(total, *quantize_multiplier(sum_scale(graph, operation)))
        return [held_output(rescaled, operation, result)]


OPERATOR = Add()
