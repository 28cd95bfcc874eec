# SPDX-License-Identifier: Apache-2.0
"""DEQUANTIZE from int8 or int16 to float32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import (
    SUFFIXES,
    WIDTHS,
    count_problems,
    quantization_of,
    quantized_problems,
    shape_problems,
)
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument, Walk
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target


class Dequantize(Operator):
    """scale * (x - zero_point); the product is exact but for one rounding to float32."""

    kind = "DEQUANTIZE"
    is_elementwise = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if result.dtype != "float32":
            problems.append(f"its output is {result.dtype}, not float32")
        return [*problems, *quantized_problems("input", source, WIDTHS), *shape_problems(source, result)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        (source,), (result,) = operation.inputs, operation.outputs
        quantization = quantization_of(graph.tensors[source])
        return KernelCall(
            kernel=f"tm_dequantize_{SUFFIXES[graph.tensors[source].dtype]}",
            params={
                "elements": graph.tensors[source].elements,
                "scale": quantization.scale,
                "zero_point": quantization.zero_point,
            },
            arguments=(TensorArgument(source), TensorArgument(result)),
        )

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        quantization = quantization_of(graph.tensors[operation.inputs[0]])
        (value,) = inputs
        assert value is not None
        centred = value.astype(np.float64) - quantization.zero_point
        return [(centred * quantization.scale).astype(np.float32)]


OPERATOR = Dequantize()
