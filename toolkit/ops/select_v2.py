# SPDX-License-Identifier: Apache-2.0
"""SELECT_V2 on int8 or int16: a condition decides, element by element, from which of two tensors to take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.broadcast import MOST_DIMENSIONS, broadcast_plan
from toolkit.ops.shared.operands import (
    SUFFIXES,
    WIDTHS,
    count_problems,
    quantized_problems,
    same_quantization_problems,
)
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument, Walk
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target


class SelectV2(Operator):
    """Inputs are the condition, what stands where it is true, and what where it is not."""

    kind = "SELECT_V2"
    is_elementwise = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=3)
        if problems:
            return problems
        condition, left, right = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        if condition.dtype != "bool":
            problems.append(f"its condition is {condition.dtype}, not bool")
        problems += quantized_problems("output", result, WIDTHS)
        for name, tensor in (("second input", left), ("third input", right)):
            problems += quantized_problems(name, tensor, (result.dtype,) if not problems else WIDTHS)
        if problems:
            return problems
        problems += same_quantization_problems(left, result, "second input")
        problems += same_quantization_problems(right, result, "third input")
        shapes = [condition.shape, left.shape, right.shape]
        try:
            expected = np.broadcast_shapes(*shapes)
        except ValueError:
            return [
                *problems,
                f"its inputs of shapes {', '.join(str(list(s)) for s in shapes)} do not broadcast",
            ]
        if expected != result.shape:
            problems.append(f"its inputs broadcast to {list(expected)}, its output has {list(result.shape)}")
        if len(set(shapes)) > 1 and len(expected) > MOST_DIMENSIONS:
            problems.append(f"it broadcasts over {len(expected)} dimensions, more than {MOST_DIMENSIONS}")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        plan = ConstantArgument("plan", broadcast_plan(*(graph.tensors[i].shape for i in operation.inputs)))
        inputs = [TensorArgument(i) for i in operation.inputs]
        result = graph.tensors[operation.outputs[0]]
        kernel = f"tm_select_{SUFFIXES[result.dtype]}"
        return KernelCall(kernel, {}, (*inputs, plan, TensorArgument(result.id)))

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        condition, left, right = inputs
        assert condition is not None and left is not None and right is not None
        return [np.where(condition.astype(np.bool_), left, right).astype(left.dtype)]


OPERATOR = SelectV2()
