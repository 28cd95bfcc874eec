# SPDX-License-Identifier: Apache-2.0
"""What EQUAL, LESS and the like share: two int8 tensors in steps of 1/256, compared to a bool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.broadcast import broadcast_problems
from toolkit.ops.shared.elementwise import planned_call
from toolkit.ops.shared.operands import count_problems, quantization_of, quantized_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, Walk
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.tabulate import table_call
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target

_EXTRA_BITS = 8
_MOST_DIMENSIONS = 4
_NAMES = ("first input", "second input")
_SIDES = ("left", "right")


class ComparisonOperator(Operator):
    """TFLM scales both numbers to steps of 1/256, which must not be coarser than those of an input."""

    is_true_for: tuple[bool, bool, bool]
    """Whether the result is true where the first input is less, equal, greater."""

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        left, right = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        problems = broadcast_problems(left.shape, right.shape, result.shape, _MOST_DIMENSIONS)
        if result.dtype != "bool":
            problems.append(f"its output is {result.dtype}, not bool")
        for name, tensor in zip(_NAMES, (left, right), strict=True):
            wrong = quantized_problems(name, tensor)
            problems += wrong
            if wrong:
                continue
            scale = quantization_of(tensor).scale
            if scale >= 1:
                problems.append(f"the scale {scale:g} of its {name} is not below 1, where TFLM stops")
            if scale < 2.0**-_EXTRA_BITS and not tensor.is_constant:
                problems.append(
                    f"the scale {scale:g} of its {name} is below 1/256, the steps in which TFLM compares"
                )
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        table = table_call(self, graph, operation)
        if table is not None:
            return table
        left, right = operation.inputs
        params = {"truth": sum(bit << place for place, bit in enumerate(self.is_true_for))}
        for side, i in zip(_SIDES, operation.inputs, strict=True):
            found = quantization_of(graph.tensors[i])
            multiplier, shift = quantize_multiplier(found.scale)
            params[f"{side}_zero_point"] = found.zero_point
            params[f"{side}_multiplier"], params[f"{side}_shift"] = multiplier, shift
        return planned_call(graph, "tm_compare_s8", (left, right), operation.outputs[0], params)

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        numbers = []
        for value, i in zip(inputs, operation.inputs, strict=True):
            assert value is not None
            found = quantization_of(graph.tensors[i])
            centred = (value.astype(np.int64) - found.zero_point) << _EXTRA_BITS
            numbers.append(requantize(centred, *quantize_multiplier(found.scale)))
        order = np.sign(numbers[0] - numbers[1]) + 1
        return [np.array(self.is_true_for)[order]]
