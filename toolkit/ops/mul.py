# SPDX-License-Identifier: Apache-2.0
"""MUL on int8, int16 or int32, with broadcasting and fused activation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import activation_range, held_output
from toolkit.ops.shared.elementwise import elementwise_call, elementwise_problems, planned_call
from toolkit.ops.shared.operands import WIDTHS, quantization_of
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.scaling import MOST_SHIFT
from toolkit.ops.shared.whole import WholeOperator
from toolkit.ops.shared.wide import MOST_WIDE_SCALE, fast_product_call, wide_problems, wide_product_call

# The product has 16 bits and a sign; from here on int32 overflows, in TFLM too.
_MOST_SCALE = 2.0**13


class Mul(WholeOperator):
    """x * y: the product of the numbers less their zero points, rescaled."""

    kind = "MUL"

    def quantized_problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = elementwise_problems(graph, operation, dtypes=WIDTHS) or wide_problems(graph, operation)
        if problems:
            return problems
        scale, is_wide = _scale(graph, operation), graph.tensors[operation.outputs[0]].dtype == "int16"
        if scale >= (MOST_WIDE_SCALE if is_wide else _MOST_SCALE):
            return [f"the scale of its product is {scale:g} times its output's"]
        return []

    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        if graph.tensors[operation.outputs[0]].dtype == "int16":
            return wide_product_call(graph, operation)
        left, right = operation.inputs
        result = graph.tensors[operation.outputs[0]]
        multiplier, shift = quantize_multiplier(_scale(graph, operation))
        least, most = activation_range(operation, result)
        params = {
            "left_zero_point": quantization_of(graph.tensors[left]).zero_point,
            "right_zero_point": quantization_of(graph.tensors[right]).zero_point,
            "multiplier": multiplier,
            "left_shift": max(shift, 0) + 1,
            "right_shift": max(-shift, 0),
            "output_zero_point": quantization_of(result).zero_point,
            "least": least,
            "most": most,
        }
        return elementwise_call(graph, "mul", (left, right), result.id, params)

    def dsp_call(self, graph: Graph, operation: Operation) -> KernelCall | None:
        left, right, result = (graph.tensors[i] for i in (*operation.inputs, *operation.outputs))
        if result.dtype == "int16":
            return fast_product_call(graph, operation)
        multiplier, shift = quantize_multiplier(_scale(graph, operation))
        if result.dtype != "int8" or not 1 <= -shift <= MOST_SHIFT:
            return None
        least, most = activation_range(operation, result)
        params = {
            "left_zero_point": quantization_of(left).zero_point,
            "right_zero_point": quantization_of(right).zero_point,
            "multiplier": multiplier,
            "rounding": (2 * quantization_of(result).zero_point + 1) << (-shift - 1),
            "shift": -shift,
            "least": least,
            "most": most,
        }
        return planned_call(graph, "tm_product_s8", (left.id, right.id), result.id, params)

    def quantized_reference(
        self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]
    ) -> list[Array]:
        result = graph.tensors[operation.outputs[0]]
        product = np.ones((), dtype=np.int64)
        for value, i in zip(inputs, operation.inputs, strict=True):
            assert value is not None
            product = product * (value.astype(np.int64) - quantization_of(graph.tensors[i]).zero_point)
        rescaled = requantize(product, *quantize_multiplier(_scale(graph, operation)))
        return [held_output(rescaled, operation, result)]


def _scale(graph: Graph, operation: Operation) -> float:
    """Return what one step of the product is in steps of the output."""
    left, right = (quantization_of(graph.tensors[i]).scale for i in operation.inputs)
    return left * right / quantization_of(graph.tensors[operation.outputs[0]]).scale


OPERATOR = Mul()
