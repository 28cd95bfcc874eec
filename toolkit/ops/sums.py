# SPDX-License-Identifier: Apache-2.0
"""What MEAN and SUM share: tm_mean_s8, which adds up and rescales."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.operands import quantization_of
from toolkit.ops.operator import Array, KernelCall, Operator, Target, TensorArgument
from toolkit.ops.reduction import gone_axes, reduced_count, reduction_params, reduction_problems
from toolkit.ops.requantize import requantize

_MOST_ADDENDS = 2**23


class SumOperator(Operator):
    """Inputs are the values and the axes to add up over, negative ones counted from the last."""

    @abstractmethod
    def scale(self, graph: Graph, operation: Operation) -> tuple[int, int]:
        """Return multiplier and shift from a sum to the output."""

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = reduction_problems(graph, operation)
        if not problems and reduced_count(graph, operation) >= _MOST_ADDENDS:
            problems.append("its sums can exceed 32 bits")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        multiplier, shift = self.scale(graph, operation)
        params = reduction_params(graph, operation) | {
            "start": -quantization_of(source).zero_point * reduced_count(graph, operation),
            "multiplier": multiplier,
            "shift": shift,
            "zero_point": quantization_of(result).zero_point,
        }
        return KernelCall("tm_mean_s8", params, (TensorArgument(source.id), TensorArgument(result.id)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        values = inputs[0]
        assert values is not None
        real = values.astype(np.int64) - quantization_of(source).zero_point
        sums = real.sum(axis=gone_axes(graph, operation))
        scaled = requantize(sums, *self.scale(graph, operation)) + quantization_of(result).zero_point
        return [np.clip(scaled, -128, 127).astype(np.int8).reshape(result.shape)]


def step_ratio(graph: Graph, operation: Operation) -> float:
    """Return what one step of the input is in steps of the output."""
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    return quantization_of(source).scale / quantization_of(result).scale
