# SPDX-License-Identifier: Apache-2.0
"""SQUARED_DIFFERENCE on int8 or int16, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import held_to_type
from toolkit.ops.shared.elementwise import elementwise_problems, planned_call
from toolkit.ops.shared.operands import SUFFIXES, WIDTHS, quantization_of
from toolkit.ops.shared.operator import Array, KernelCall, ParamValue
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.whole import WholeOperator
from toolkit.ops.shared.wide import wide_problems

_EXTRA_BITS = {"int8": 7, "int16": 0}
_SIDES = ("left", "right")


class SquaredDifference(WholeOperator):
    """(x - y)**2. TFLM brings both to twice the larger scale, int8 with 7 more bits; the square has 31."""

    kind = "SQUARED_DIFFERENCE"

    def quantized_problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = elementwise_problems(graph, operation, dtypes=WIDTHS) or wide_problems(graph, operation)
        if not problems and _output_scale(graph, operation) >= 0.999999:
            problems.append("the scale of its output is too small for those of its inputs")
        return problems

    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        left, right = operation.inputs
        result = graph.tensors[operation.outputs[0]]
        multiplier, shift = quantize_multiplier(_output_scale(graph, operation))
        params: dict[str, ParamValue] = {"multiplier": multiplier, "shift": shift}
        if result.dtype == "int8":
            params["output_zero_point"] = quantization_of(result).zero_point
        for side, i in zip(_SIDES, operation.inputs, strict=True):
            if result.dtype == "int8":
                params[f"{side}_zero_point"] = quantization_of(graph.tensors[i]).zero_point
            side_multiplier, side_shift = quantize_multiplier(_input_scale(graph, operation, i))
            params[f"{side}_multiplier"], params[f"{side}_shift"] = side_multiplier, side_shift
        kernel = f"tm_squared_difference_{SUFFIXES[result.dtype]}"
        return planned_call(graph, kernel, (left, right), result.id, params)

    def quantized_reference(
        self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]
    ) -> list[Array]:
        sides = []
        for value, i in zip(inputs, operation.inputs, strict=True):
            assert value is not None
            centred = value.astype(np.int64) - quantization_of(graph.tensors[i]).zero_point
            scale = quantize_multiplier(_input_scale(graph, operation, i))
            sides.append(requantize(centred << _EXTRA_BITS[value.dtype.name], *scale))
        squares = (sides[0] - sides[1]) ** 2
        rescaled = requantize(squares, *quantize_multiplier(_output_scale(graph, operation)))
        result = graph.tensors[operation.outputs[0]]
        return [held_to_type(rescaled, result)]


def _twice_larger(graph: Graph, operation: Operation) -> float:
    return 2 * max(quantization_of(graph.tensors[i]).scale for i in operation.inputs)


def _input_scale(graph: Graph, operation: Operation, tensor: int) -> float:
    return quantization_of(graph.tensors[tensor]).scale / _twice_larger(graph, operation)


def _output_scale(graph: Graph, operation: Operation) -> float:
    """Return what one step of the square is in steps of the output."""
    result = graph.tensors[operation.outputs[0]]
    finer = 2.0 ** (2 * _EXTRA_BITS[result.dtype])
    return _twice_larger(graph, operation) ** 2 / (finer * quantization_of(result).scale)


OPERATOR = SquaredDifference()
