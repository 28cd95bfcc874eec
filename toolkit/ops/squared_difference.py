# SPDX-License-Identifier: Apache-2.0
"""SQUARED_DIFFERENCE on int8, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.elementwise import elementwise_problems, planned_call
from toolkit.ops.operands import quantization_of
from toolkit.ops.operator import Array, KernelCall, Operator, Target, Walk
from toolkit.ops.requantize import quantize_multiplier, requantize
from toolkit.ops.tabulate import table_call
from toolkit.ops.walk import elementwise_walk

_EXTRA_BITS = 7
_SIDES = ("left", "right")


class SquaredDifference(Operator):
    """(x - y)**2. TFLM brings both to twice the larger scale with 7 more bits; the square has 31."""

    kind = "SQUARED_DIFFERENCE"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = elementwise_problems(graph, operation)
        if not problems and _output_scale(graph, operation) >= 0.999999:
            problems.append("the scale of its output is too small for those of its inputs")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        table = table_call(self, graph, operation)
        if table is not None:
            return table
        left, right = operation.inputs
        result = graph.tensors[operation.outputs[0]]
        multiplier, shift = quantize_multiplier(_output_scale(graph, operation))
        params = {
            "multiplier": multiplier,
            "shift": shift,
            "output_zero_point": quantization_of(result).zero_point,
        }
        for side, i in zip(_SIDES, operation.inputs, strict=True):
            params[f"{side}_zero_point"] = quantization_of(graph.tensors[i]).zero_point
            side_multiplier, side_shift = quantize_multiplier(_input_scale(graph, operation, i))
            params[f"{side}_multiplier"], params[f"{side}_shift"] = side_multiplier, side_shift
        return planned_call(graph, "tm_squared_difference_s8", (left, right), result.id, params)

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        sides = []
        for value, i in zip(inputs, operation.inputs, strict=True):
            assert value is not None
            centred = value.astype(np.int64) - quantization_of(graph.tensors[i]).zero_point
            scale = quantize_multiplier(_input_scale(graph, operation, i))
            sides.append(requantize(centred << _EXTRA_BITS, *scale))
        squares = (sides[0] - sides[1]) ** 2
        rescaled = requantize(squares, *quantize_multiplier(_output_scale(graph, operation)))
        shifted = rescaled + quantization_of(graph.tensors[operation.outputs[0]]).zero_point
        return [np.clip(shifted, -128, 127).astype(np.int8)]


def _twice_larger(graph: Graph, operation: Operation) -> float:
    return 2 * max(quantization_of(graph.tensors[i]).scale for i in operation.inputs)


def _input_scale(graph: Graph, operation: Operation, tensor: int) -> float:
    return quantization_of(graph.tensors[tensor]).scale / _twice_larger(graph, operation)


def _output_scale(graph: Graph, operation: Operation) -> float:
    """Return what one step of the square is in steps of the output."""
    result = quantization_of(graph.tensors[operation.outputs[0]])
    return _twice_larger(graph, operation) ** 2 / (2.0 ** (2 * _EXTRA_BITS) * result.scale)


OPERATOR = SquaredDifference()
