# SPDX-License-Identifier: Apache-2.0
"""What REDUCE_MAX and REDUCE_MIN share: the largest or smallest byte over any constant axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import same_quantization_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.reduction import gone_axes, reduction_params, reduction_problems
from toolkit.targets.target import Target


class ReduceExtremeOperator(Operator):
    """TFLM compares and copies bytes, so input and output have to be quantized alike."""

    is_maximum: bool

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = reduction_problems(graph, operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return same_quantization_problems(source, result)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        params = reduction_params(graph, operation) | {"flip": 0 if self.is_maximum else -1}
        tensors = (TensorArgument(operation.inputs[0]), TensorArgument(operation.outputs[0]))
        return KernelCall("tm_reduce_extreme_s8", params, tensors)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, result = inputs[0], graph.tensors[operation.outputs[0]]
        assert values is not None
        axes, numbers = gone_axes(graph, operation), values.astype(np.int8)
        found = numbers.max(axis=axes) if self.is_maximum else numbers.min(axis=axes)
        return [np.asarray(found, dtype=np.int8).reshape(result.shape)]
