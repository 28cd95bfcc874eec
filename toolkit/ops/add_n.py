# SPDX-License-Identifier: Apache-2.0
"""ADD_N: the sum of several int8 tensors of one shape."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import held_to_type
from toolkit.ops.shared.addends import (
    addend,
    sum_scale,
    sum_scale_problems,
    twice_largest_scale,
    zero_point_problems,
)
from toolkit.ops.shared.operands import count_problems, quantization_of, quantized_problems, shape_problems
from toolkit.ops.shared.operator import (
    Argument,
    Array,
    KernelCall,
    NullArgument,
    Operator,
    TensorArgument,
    Walk,
)
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target

_MOST_INPUTS = 10


class AddN(Operator):
    """As ADD adds, but TFLM takes inputs that are all quantized alike, and no activation."""

    kind = "ADD_N"
    is_elementwise = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        count = len(operation.inputs)
        if not 2 <= count <= _MOST_INPUTS:
            return [f"it has {count} inputs, not 2 to {_MOST_INPUTS}"]
        problems = count_problems(graph, operation, inputs=count)
        if problems:
            return problems
        first, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        problems = quantized_problems("output", result)
        for place, i in enumerate(operation.inputs):
            tensor = graph.tensors[i]
            problems += [*quantized_problems(f"input {place}", tensor), *shape_problems(tensor, result)]
            if not problems and tensor.quantization != first.quantization:
                problems.append(f"its input {place} is quantized differently from input 0, TFLM refuses it")
        return problems or [*zero_point_problems(graph, operation), *sum_scale_problems(graph, operation)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        result = graph.tensors[operation.outputs[0]]
        multiplier, shift = quantize_multiplier(sum_scale(graph, operation))
        params = {
            "elements": result.elements,
            "inputs": len(operation.inputs),
            "multiplier": multiplier,
            "shift": shift,
            "output_zero_point": quantization_of(result).zero_point,
        }
        spare = [NullArgument()] * (_MOST_INPUTS - len(operation.inputs))
        inputs: list[Argument] = [TensorArgument(i) for i in operation.inputs]
        return KernelCall("tm_add_n_s8", params, (*inputs, *spare, TensorArgument(result.id)))

    def is_pixelwise(self, graph: Graph, operation: Operation) -> bool:
        return True

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        result, twice = graph.tensors[operation.outputs[0]], twice_largest_scale(graph, operation)
        found = quantization_of(graph.tensors[operation.inputs[0]])
        total = sum(addend(value, found, twice) for value in inputs)
        rescaled = requantize(total, *quantize_multiplier(sum_scale(graph, operation)))
        return [held_to_type(rescaled, result)]


OPERATOR = AddN()
