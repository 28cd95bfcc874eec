# SPDX-License-Identifier: Apache-2.0
"""ADD on int8 or int16, with broadcasting and fused activation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.activation import activation_range
from toolkit.ops.addends import addend, sum_scale, sum_scale_problems, twice_largest_scale
from toolkit.ops.elementwise import elementwise_call, elementwise_problems
from toolkit.ops.operands import WIDTHS, quantization_of
from toolkit.ops.operator import Array, KernelCall, Operator, Target, Walk
from toolkit.ops.requantize import quantize_multiplier, requantize
from toolkit.ops.tabulate import table_call
from toolkit.ops.walk import elementwise_walk
from toolkit.ops.wide import wide_problems, wide_sum_call


class Add(Operator):
    """x + y. TFLM brings both to twice the larger scale with 20 more bits, adds, and rescales."""

    kind = "ADD"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return (
            elementwise_problems(graph, operation, dtypes=WIDTHS)
            or sum_scale_problems(graph, operation)
            or wide_problems(graph, operation)
        )

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        table = table_call(self, graph, operation)
        if table is not None:
            return table
        if graph.tensors[operation.outputs[0]].dtype == "int16":
            return wide_sum_call(graph, operation)
        big, small = operation.inputs
        if quantization_of(graph.tensors[big]).scale < quantization_of(graph.tensors[small]).scale:
            big, small = small, big
        result = graph.tensors[operation.outputs[0]]
        big_found, small_found = (quantization_of(graph.tensors[i]) for i in (big, small))
        small_multiplier, small_shift = quantize_multiplier(small_found.scale / (2 * big_found.scale))
        output_multiplier, output_shift = quantize_multiplier(sum_scale(graph, operation))
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

    def is_pixelwise(self, graph: Graph, operation: Operation) -> bool:
        return True

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        result = graph.tensors[operation.outputs[0]]
        found = [quantization_of(graph.tensors[i]) for i in operation.inputs]
        twice = twice_largest_scale(graph, operation)
        total = sum(addend(value, q, twice) for value, q in zip(inputs, found, strict=True))
        rescaled = requantize(total, *quantize_multiplier(sum_scale(graph, operation)))
        least, most = activation_range(operation, result)
        shifted = rescaled + quantization_of(result).zero_point
        return [np.clip(shifted, least, most).astype(result.dtype)]


OPERATOR = Add()
