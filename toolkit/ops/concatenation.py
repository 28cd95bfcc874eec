# SPDX-License-Identifier: Apache-2.0
"""CONCATENATION along any axis: int8, inputs and output quantized alike."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.movement import Copy, Movement
from toolkit.ops.operands import quantized_problems, same_quantization_problems
from toolkit.ops.operator import Argument, Array, KernelCall, NullArgument, Target, TensorArgument

_MOST_INPUTS = 10


class Concatenation(Movement):
    """Any number of inputs from 1 to 10, TFLM's limit."""

    kind = "CONCATENATION"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        count = len(operation.inputs)
        if not 1 <= count <= _MOST_INPUTS or len(operation.outputs) != 1:
            return [
                f"it has {count} inputs and {len(operation.outputs)} outputs, not 1 to {_MOST_INPUTS} and 1"
            ]
        if not all(0 <= i < len(graph.tensors) for i in (*operation.inputs, *operation.outputs)):
            return ["one of its inputs or outputs is left out"]
        result = graph.tensors[operation.outputs[0]]
        problems = quantized_problems("output", result)
        if result.is_constant:
            problems.append("its output is a constant")
        if operation.options.get("fused_activation_function", "NONE") != "NONE":
            problems.append("it has a fused activation, which TFLM refuses")
        for place, i in enumerate(operation.inputs):
            problems += quantized_problems(f"input {place}", graph.tensors[i])
        return problems or _shape_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> tuple[KernelCall, ...]:
        result = graph.tensors[operation.outputs[0]]
        axis = _axis(graph, operation)
        rows = [prod(graph.tensors[i].shape[axis:]) for i in operation.inputs]
        spare = _MOST_INPUTS - len(rows)
        arguments: list[Argument] = [TensorArgument(i) for i in operation.inputs]
        call = KernelCall(
            kernel="tm_concatenation_s8",
            params={
                "rows": prod(result.shape[:axis]),
                "inputs": len(rows),
                "row_bytes": (*rows, *[0] * spare),
            },
            arguments=(*arguments, *[NullArgument()] * spare, TensorArgument(result.id)),
        )
        return (call,)

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        result, axis = graph.tensors[operation.outputs[0]], _axis(graph, operation)
        rows, row = prod(result.shape[:axis]), prod(result.shape[axis:])
        copies, start = [], 0
        for i in operation.inputs:
            length = prod(graph.tensors[i].shape[axis:])
            copies.append(Copy(i, result.id, (rows, length), (length, 1), (row, 1), out_start=start))
            start += length
        return copies

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values = [value for value in inputs if value is not None]
        return [np.concatenate(values, axis=_axis(graph, operation))]


def _axis(graph: Graph, operation: Operation) -> int:
    axis = operation.options.get("axis", 0)
    rank = len(graph.tensors[operation.outputs[0]].shape)
    if not isinstance(axis, int) or not -rank <= axis < rank:
        return -1
    return axis % rank


def _shape_problems(graph: Graph, operation: Operation) -> list[str]:
    result, axis = graph.tensors[operation.outputs[0]], _axis(graph, operation)
    if axis < 0:
        return [f"its axis {operation.options.get('axis')} is not one of {len(result.shape)}"]
    problems, total = [], 0
    for place, i in enumerate(operation.inputs):
        shape = graph.tensors[i].shape
        total += shape[axis] if axis < len(shape) else 0
        if shape[:axis] + shape[axis + 1 :] != result.shape[:axis] + result.shape[axis + 1 :]:
            problems.append(f"its input {place} {list(shape)} does not fit into {list(result.shape)}")
        problems += same_quantization_problems(graph.tensors[i], result, f"input {place}")
    if not problems and total != result.shape[axis]:
        problems.append(f"its inputs have {total} in axis {axis}, its output {result.shape[axis]}")
    return problems


OPERATOR = Concatenation()
