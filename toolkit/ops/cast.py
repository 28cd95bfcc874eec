# SPDX-License-Identifier: Apache-2.0
"""CAST between int8, int16, int32, uint32, float32 and bool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.operands import count_problems, shape_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target

# As kernels/tm_cast.h numbers them.
_TYPES = {"int8": 0, "int16": 1, "int32": 2, "float32": 3, "bool": 4, "uint32": 5}


class Cast(Operator):
    """Integers lose their upper bits, float32 saturates; bool is whether a number is not 0."""

    kind = "CAST"
    is_elementwise = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return [
            *_type_problems("input", source),
            *_type_problems("output", result),
            *shape_problems(source, result),
        ]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        params = {"elements": source.elements, "from": _TYPES[source.dtype], "to": _TYPES[result.dtype]}
        return KernelCall("tm_cast", params, (TensorArgument(source.id), TensorArgument(result.id)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (value,) = inputs
        assert value is not None
        dtype = np.dtype(graph.tensors[operation.outputs[0]].dtype)
        if value.dtype == np.float32 and dtype.kind in "iu":
            limits = np.iinfo(dtype)
            whole = np.trunc(np.nan_to_num(value.astype(np.float64), nan=0.0, posinf=1e30, neginf=-1e30))
            return [np.clip(whole, limits.min, limits.max).astype(dtype)]
        return [value.astype(dtype)]


def _type_problems(name: str, tensor: Tensor) -> list[str]:
    if tensor.dtype not in _TYPES:
        return [f"its {name} is {tensor.dtype}, not one of {', '.join(_TYPES)}"]
    found = tensor.quantization
    if found is not None and (set(found.scales), set(found.zero_points)) != ({1.0}, {0}):
        return [f"its {name} is quantized, which TFLM ignores"]
    return []


OPERATOR = Cast()
