# SPDX-License-Identifier: Apache-2.0
"""ADD on int8, with broadcasting and fused activation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.activation import activation_range
from toolkit.ops.elementwise import elementwise_call, elementwise_problems
from toolkit.ops.operands import quantization_of
from toolkit.ops.operator import Array, KernelCall, Operator, Target, Walk
from toolkit.ops.requantize import Int64, quantize_multiplier, requantize
from toolkit.ops.walk import elementwise_walk

_EXTRA_BITS = 20
_STEPS = 2.0**_EXTRA_BITS


class Add(Operator):
    """x + y. TFLM brings both to twice the larger scale with 20 more bits, adds, and rescales."""

    kind = "ADD"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = elementwise_problems(graph, operation)
        if problems:
            return problems
        if _output_scale(graph, operation) >= 0.5:
            return ["the scale of its output is too small for those of its inputs"]
        return []

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        big, small = operation.inputs
        if quantization_of(graph.tensors[big]).scale < quantization_of(graph.tensors[small]).scale:
            big, small = small, big
        result = graph.tensors[operation.outputs[0]]
        big_found, small_found = (quantization_of(graph.tensors[i]) for i in (big, small))
        small_multiplier, small_shift = quantize_multiplier(small_found.scale / (2 * big_found.scale))
        output_multiplier, output_shift = quantize_multiplier(_output_scale(graph, operation))
        least, most = activation_range(operation, result)
        params = {
            "big_zero_point": big_found.zero_point,
            "small_zero_point": small_found.zero_point,
            "small_multiplier": small_multiplier,
            "small_shift": -small_shift,
            "output_multiplier": output_multiplier,
            "output_shift": max(1, -output_shift),
            "output_zero_point": quantization_of(result).zero_point,
            "least": least,
            "most": most,
        }
        return elementwise_call(graph, "add", (big, small), result.id, params)

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        result = graph.tensors[operation.outputs[0]]
        found = [quantization_of(graph.tensors[i]) for i in operation.inputs]
        twice = 2 * max(q.scale for q in found)
        total = sum(_scaled(value, q, twice) for value, q in zip(inputs, found, strict=True))
        rescaled = requantize(total, *quantize_multiplier(_output_scale(graph, operation)))
        least, most = activation_range(operation, result)
        shifted = rescaled + quantization_of(result).zero_point
        return [np.clip(shifted, least, most).astype(np.int8)]


def _output_scale(graph: Graph, operation: Operation) -> float:
    """Return what one step of the sum is in steps of the output."""
    largest = max(quantization_of(graph.tensors[i]).scale for i in operation.inputs)
    result = quantization_of(graph.tensors[operation.outputs[0]])
    return 2 * largest / (_STEPS * result.scale)


def _scaled(value: Array | None, quantization: Quantization, twice: float) -> Int64:
    assert value is not None
    centred = value.astype(np.int64) - quantization.zero_point
    return requantize(centred << _EXTRA_BITS, *quantize_multiplier(quantization.scale / twice))


OPERATOR = Add()
