# SPDX-License-Identifier: Apache-2.0
"""L2_NORMALIZATION over the last dimension on int8."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.inverse_sqrt import inverse_sqrt
from toolkit.ops.shared.operands import demanded_quantization_problems, quantization_of, unary_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.requantize import requantize
from toolkit.targets.target import Target

_MOST_CHANNELS = 2**15
_OUTPUT_BITS = 7


class L2Normalization(Operator):
    """x / sqrt(sum of the squares), which TFLM gives in steps of 1/128 around 0."""

    kind = "L2_NORMALIZATION"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = unary_problems(graph, operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if not source.shape:
            return ["its input has no dimensions"]
        if source.shape[-1] > _MOST_CHANNELS:
            problems.append(f"it has {source.shape[-1]} channels, more than {_MOST_CHANNELS}")
        activation = operation.options.get("fused_activation_function", "NONE")
        if activation != "NONE":
            problems.append(f"its fused activation is {activation}, which TFLM ignores")
        return [*problems, *demanded_quantization_problems(result, 1 / 128, 0)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source = graph.tensors[operation.inputs[0]]
        params = {
            "rows": source.elements // source.shape[-1],
            "depth": source.shape[-1],
            "zero_point": quantization_of(source).zero_point,
        }
        tensors = (TensorArgument(source.id), TensorArgument(operation.outputs[0]))
        return KernelCall("tm_l2_normalization_s8", params, tensors)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (value,) = inputs
        assert value is not None
        x = value.astype(np.int64) - quantization_of(graph.tensors[operation.inputs[0]]).zero_point
        squares = (x * x).sum(axis=-1)
        roots = np.array([inverse_sqrt(int(s)) for s in squares.ravel()]).reshape((*squares.shape, 1, 2))
        scaled = requantize(x, roots[..., 0], _OUTPUT_BITS - roots[..., 1])
        return [np.clip(scaled, -128, 127).astype(np.int8)]


OPERATOR = L2Normalization()
