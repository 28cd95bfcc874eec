# SPDX-License-Identifier: Apache-2.0
"""CUMSUM along a constant axis on int8, from either end, with or without the element itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.activation import held_to_type
from toolkit.ops.shared.addends import (
    addend,
    sum_scale,
    sum_scale_problems,
    twice_largest_scale,
    zero_point_problems,
)
from toolkit.ops.shared.operands import (
    constant_integers,
    count_problems,
    quantization_of,
    quantized_problems,
    shape_problems,
)
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.targets.target import Target

# A number takes 27 bits in the sum, the lowest one a little more.
_MOST_ADDENDS = 31


class Cumsum(Operator):
    """Sums of the elements before each, as ADD adds."""

    kind = "CUMSUM"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        problems = [
            *quantized_problems("input", source),
            *quantized_problems("output", result),
            *shape_problems(source, result),
        ]
        axes = constant_integers(graph.tensors[operation.inputs[1]])
        if axes is None or len(axes) != 1 or graph.tensors[operation.inputs[1]].dtype != "int32":
            problems.append("its axis is not an int32 constant")
        elif not -len(source.shape) <= axes[0] < len(source.shape):
            problems.append(f"its axis {axes[0]} is not one of {len(source.shape)}")
        if problems:
            return problems
        length = source.shape[_axis(graph, operation)]
        if length > _MOST_ADDENDS:
            problems.append(f"sums of {length} numbers can exceed the 32 bits that TFLM has for them")
        return [*problems, *zero_point_problems(graph, operation), *sum_scale_problems(graph, operation)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        axis = _axis(graph, operation)
        multiplier, shift = quantize_multiplier(sum_scale(graph, operation))
        params = {
            "outer": prod(source.shape[:axis]),
            "length": source.shape[axis],
            "inner": prod(source.shape[axis + 1 :]),
            "exclusive": int(bool(operation.options.get("exclusive", False))),
            "reverse": int(bool(operation.options.get("reverse", False))),
            "multiplier": multiplier,
            "shift": shift,
            "output_zero_point": quantization_of(result).zero_point,
        }
        return KernelCall("tm_cumsum_s8", params, (TensorArgument(source.id), TensorArgument(result.id)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        axis = _axis(graph, operation)
        addends = addend(inputs[0], quantization_of(source), twice_largest_scale(graph, operation))
        if operation.options.get("reverse", False):
            addends = np.flip(addends, axis)
        sums = np.cumsum(addends, axis)
        if operation.options.get("exclusive", False):
            sums = sums - addends
        if operation.options.get("reverse", False):
            sums = np.flip(sums, axis)
        rescaled = requantize(sums, *quantize_multiplier(sum_scale(graph, operation)))
        return [held_to_type(rescaled, result)]


def _axis(graph: Graph, operation: Operation) -> int:
    axes = constant_integers(graph.tensors[operation.inputs[1]])
    assert axes is not None
    return axes[0] % len(graph.tensors[operation.inputs[0]].shape)


OPERATOR = Cumsum()
