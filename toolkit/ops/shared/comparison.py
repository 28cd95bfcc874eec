# SPDX-License-Identifier: Apache-2.0
"""What EQUAL, LESS and the like share: two int8 tensors in steps of 1/256, or two of int32, to a bool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
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
_SIDES = ("left", "right")


class ComparisonOperator(Operator):
    """TFLM scales both int8 numbers to steps of 1/256, which must not be coarser than those of an input.

    It compares int32 numbers as they are, whatever scale they have.
    """

    is_elementwise = True
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
        if left.dtype == "int32":
            return problems + _whole_problems(left, right)
        return [*problems, *_step_problems("first input", left), *_step_problems("second input", right)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        table = table_call(self, graph, operation)
        if table is not None:
            return table
        left, right = operation.inputs
        params = {"truth": sum(bit << place for place, bit in enumerate(self.is_true_for))}
        if _is_whole(graph, operation):
            return planned_call(graph, "tm_compare_s32", (left, right), operation.outputs[0], params)
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
            whole = value.astype(np.int64)
            if not _is_whole(graph, operation):
                found = quantization_of(graph.tensors[i])
                centred = (whole - found.zero_point) << _EXTRA_BITS
                whole = requantize(centred, *quantize_multiplier(found.scale))
            numbers.append(whole)
        order = np.sign(numbers[0] - numbers[1]) + 1
        return [np.array(self.is_true_for)[order]]


def _is_whole(graph: Graph, operation: Operation) -> bool:
    return graph.tensors[operation.inputs[0]].dtype == "int32"


def _whole_problems(left: Tensor, right: Tensor) -> list[str]:
    if right.dtype != "int32":
        return [f"its second input is {right.dtype}, not int32 as the first"]
    if left.quantization != right.quantization:
        return ["its inputs are int32 and quantized differently, which TFLM ignores"]
    return []


def _step_problems(name: str, tensor: Tensor) -> list[str]:
    """Return why an int8 input cannot be compared in TFLM's steps."""
    wrong = quantized_problems(name, tensor)
    if wrong:
        return wrong
    problems, scale = [], quantization_of(tensor).scale
    if scale >= 1:
        problems.append(f"the scale {scale:g} of its {name} is not below 1, where TFLM stops")
    if scale < 2.0**-_EXTRA_BITS and not tensor.is_constant:
        problems.append(f"the scale {scale:g} of its {name} is below 1/256, the steps in which TFLM compares")
    return problems
