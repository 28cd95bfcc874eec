# SPDX-License-Identifier: Apache-2.0
"""DIV on int8 or int32, with broadcasting and fused activation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.activation import activation_range, held_output
from toolkit.ops.shared.elementwise import elementwise_problems, planned_call
from toolkit.ops.shared.fixed_point import one_over_one_plus
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.ops.shared.requantize import Int64, high_mul, quantize_multiplier, rounding_shift_right
from toolkit.ops.shared.whole import WholeOperator

# What TFLM's reciprocal of 0 comes to, by an int32 that overflows; kernels/tm_div_s8.c has it too.
ONE_OVER_ZERO = -1515870816
# From here on the largest quotients would be shifted to the left, which TFLM's kernel cannot.
_MOST_SCALE = 2.0**22


class Div(WholeOperator):
    """x / y by way of 1 / y, whose bits and those of x decide the shift at the end."""

    kind = "DIV"

    def quantized_problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = elementwise_problems(graph, operation)
        if problems:
            return problems
        scale, least = _scale(graph, operation), _least_scale(graph.tensors[operation.inputs[1]])
        if scale < least:
            return [
                f"the scale of its quotient is {scale:g} times its output's, less than {least:g}: "
                "what TFLM makes of small quotients depends on the machine"
            ]
        return [f"the scale of its quotient is {scale:g} times its output's"] if scale >= _MOST_SCALE else []

    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        left, right = operation.inputs
        result = graph.tensors[operation.outputs[0]]
        multiplier, shift = quantize_multiplier(_scale(graph, operation))
        least, most = activation_range(operation, result)
        params = {
            "left_zero_point": quantization_of(graph.tensors[left]).zero_point,
            "right_zero_point": quantization_of(graph.tensors[right]).zero_point,
            "multiplier": multiplier,
            "shift": shift,
            "output_zero_point": quantization_of(result).zero_point,
            "least": least,
            "most": most,
        }
        return planned_call(graph, "tm_div_s8", (left, right), result.id, params)

    def quantized_reference(
        self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]
    ) -> list[Array]:
        left, right = (
            _centred(value, quantization_of(graph.tensors[i]).zero_point)
            for value, i in zip(inputs, operation.inputs, strict=True)
        )
        result = graph.tensors[operation.outputs[0]]
        multiplier, shift = quantize_multiplier(_scale(graph, operation))
        left, right = np.broadcast_arrays(np.where(right < 0, -left, left), np.abs(right))
        size = _bits(right)
        inverse = np.where(right == 0, ONE_OVER_ZERO, one_over_one_plus((right << (32 - size)) - 2**31))
        headroom = 31 - _bits(np.where(left < 0, ~left, left))
        quotient = high_mul(left << headroom, inverse)
        value = rounding_shift_right(high_mul(quotient, multiplier), size - 1 + headroom - shift)
        return [held_output(value, operation, result)]


def _centred(value: Array | None, zero_point: int) -> Int64:
    assert value is not None
    return value.astype(np.int64) - zero_point


def _bits(x: Int64) -> Int64:
    """Return how many bits the numbers take, which are not negative and below 2**52."""
    return np.frexp(x.astype(np.float64))[1].astype(np.int64)


def _least_scale(divisor: Tensor) -> float:
    """Return the least scale with which no shift is beyond 31 bits: 2**6, less for small constants."""
    values = np.array([-128, 127]) if divisor.data is None else divisor.data
    largest = np.abs(_centred(values, quantization_of(divisor).zero_point)).max()
    return 2.0 ** max(int(_bits(largest)) - 2, 0)


def _scale(graph: Graph, operation: Operation) -> float:
    left, right = (quantization_of(graph.tensors[i]).scale for i in operation.inputs)
    return left / (right * quantization_of(graph.tensors[operation.outputs[0]]).scale)


OPERATOR = Div()
