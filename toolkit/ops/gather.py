# SPDX-License-Identifier: Apache-2.0
"""GATHER: places along an axis chosen by indices, constant or computed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.choosing import choice_problems, gather_call
from toolkit.ops.shared.movement import alike_problems, axis_of, result_shape_problems
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.targets.target import Target

_TYPES = ("int8", "float32")


class Gather(Operator):
    """Inputs are the values and the int32 indices; their first batch_dims axes go together."""

    kind = "GATHER"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, indices = (graph.tensors[i] for i in operation.inputs)
        axis, batches = _axes(graph, operation)
        if axis is None:
            return [f"its axis {operation.options.get('axis', 0)} is not one of {len(source.shape)}"]
        if not 0 <= batches <= min(axis, len(indices.shape)):
            return [f"its batch_dims are {operation.options.get('batch_dims')}"]
        if source.shape[:batches] != indices.shape[:batches]:
            return [f"its indices {list(indices.shape)} have other batches than {list(source.shape)}"]
        shape = source.shape[:axis] + indices.shape[batches:] + source.shape[axis + 1 :]
        result = graph.tensors[operation.outputs[0]]
        return [
            *choice_problems(indices, (source.shape[axis],)),
            *alike_problems(source, result, _TYPES),
            *result_shape_problems(result, shape),
        ]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, indices = (graph.tensors[i] for i in operation.inputs)
        axis, batches = _axes(graph, operation)
        assert axis is not None
        return gather_call(
            graph,
            source=source.id,
            indices=indices.id,
            result=operation.outputs[0],
            sizes=(
                prod(source.shape[:batches]),
                prod(source.shape[batches:axis]),
                source.shape[axis],
                prod(indices.shape[batches:]),
                prod(source.shape[axis + 1 :]),
            ),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, chosen = inputs
        assert values is not None
        assert chosen is not None
        axis, batches = _axes(graph, operation)
        assert axis is not None
        shape = graph.tensors[operation.outputs[0]].shape
        places = np.clip(chosen.astype(np.int64), 0, values.shape[axis] - 1)
        result = np.empty(shape, values.dtype)
        for batch in np.ndindex(*values.shape[:batches]):
            result[batch] = np.take(values[batch], places[batch], axis - batches)
        return [result]


def _axes(graph: Graph, operation: Operation) -> tuple[int | None, int]:
    """Return the axis and the number of batch axes, None and -1 for what is none."""
    axis = axis_of(operation.options.get("axis", 0), len(graph.tensors[operation.inputs[0]].shape))
    batches = operation.options.get("batch_dims", 0)
    return axis, batches if isinstance(batches, int) else -1


OPERATOR = Gather()
