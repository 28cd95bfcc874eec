# SPDX-License-Identifier: Apache-2.0
"""GATHER_ND: slices chosen by an index for each of the first axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation
from toolkit.ops.shared.choosing import choice_problems
from toolkit.ops.shared.movement import alike_problems, result_shape_problems, steps_of
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target

_TYPES = ("int8", "float32")
_MOST_AXES = 5


class GatherNd(Operator):
    """Inputs are the values and the int32 indices (..., axes)."""

    kind = "GATHER_ND"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, indices = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        axes = indices.shape[-1] if indices.shape else 0
        if not 1 <= axes <= min(_MOST_AXES, len(source.shape)):
            return [f"its indices {list(indices.shape)} do not choose from {list(source.shape)}"]
        return [
            *choice_problems(indices, source.shape[:axes]),
            *alike_problems(source, result, _TYPES),
            *result_shape_problems(result, indices.shape[:-1] + source.shape[axes:]),
        ]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, indices = (graph.tensors[i] for i in operation.inputs)
        axes, item = indices.shape[-1], DTYPE_BYTES[source.dtype]
        spare = (0,) * (_MOST_AXES - axes)
        steps = tuple(step * item for step in steps_of(source.shape)[:axes])
        return KernelCall(
            "tm_gather_nd",
            {
                "count": prod(indices.shape[:-1]),
                "axes": axes,
                "run": prod(source.shape[axes:]) * item,
                "size": source.shape[:axes] + spare,
                "step": steps + spare,
            },
            (TensorArgument(source.id), TensorArgument(indices.id), TensorArgument(operation.outputs[0])),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, chosen = inputs
        assert values is not None
        assert chosen is not None
        places = np.moveaxis(chosen.astype(np.int64), -1, 0)
        within = [np.clip(place, 0, n - 1) for place, n in zip(places, values.shape, strict=False)]
        return [values[tuple(within)].reshape(graph.tensors[operation.outputs[0]].shape)]


OPERATOR = GatherNd()
