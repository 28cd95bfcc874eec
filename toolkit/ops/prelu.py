# SPDX-License-Identifier: Apache-2.0
"""PRELU on int8: a slope for each channel, or for each element, below 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import held_to_type
from toolkit.ops.shared.elementwise import ElementwiseOperator, elementwise_problems, planned_call
from toolkit.ops.shared.operands import quantization_of, rescale_problems
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.ops.shared.requantize import quantize_multiplier, requantize

_MOST_DIMENSIONS = 4
# The product with a slope has 16 bits and a sign; from here on int32 overflows, in TFLM too.
_MOST_SCALE = 2.0**13


class Prelu(ElementwiseOperator):
    """x above 0, x * alpha below; alpha is the second input and broadcasts."""

    kind = "PRELU"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = elementwise_problems(graph, operation, _MOST_DIMENSIONS)
        if problems:
            return problems
        scale = _slope_scale(graph, operation)
        if scale >= _MOST_SCALE:
            return [f"the scale of its product is {scale:g} times its output's"]
        return rescale_problems(graph, operation)

    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        source, alpha = operation.inputs
        result = graph.tensors[operation.outputs[0]]
        multiplier, shift = quantize_multiplier(_scale(graph, operation))
        slope_multiplier, slope_shift = quantize_multiplier(_slope_scale(graph, operation))
        params = {
            "zero_point": quantization_of(graph.tensors[source]).zero_point,
            "slope_zero_point": quantization_of(graph.tensors[alpha]).zero_point,
            "multiplier": multiplier,
            "shift": shift,
            "slope_multiplier": slope_multiplier,
            "slope_shift": slope_shift,
            "output_zero_point": quantization_of(result).zero_point,
        }
        return planned_call(graph, "tm_prelu_s8", (source, alpha), result.id, params)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        value, alpha = inputs
        assert value is not None and alpha is not None
        found, slope = (quantization_of(graph.tensors[i]) for i in operation.inputs)
        x = value.astype(np.int64) - found.zero_point
        product = x * (alpha.astype(np.int64) - slope.zero_point)
        above = requantize(x, *quantize_multiplier(_scale(graph, operation)))
        below = requantize(product, *quantize_multiplier(_slope_scale(graph, operation)))
        return [held_to_type(np.where(x >= 0, above, below), graph.tensors[operation.outputs[0]])]


def _scale(graph: Graph, operation: Operation) -> float:
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    return quantization_of(source).scale / quantization_of(result).scale


def _slope_scale(graph: Graph, operation: Operation) -> float:
    source, alpha = (quantization_of(graph.tensors[i]).scale for i in operation.inputs)
    return source * alpha / quantization_of(graph.tensors[operation.outputs[0]]).scale


OPERATOR = Prelu()
