# SPDX-License-Identifier: Apache-2.0
"""TRANSPOSE with a constant permutation of up to five axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import Copy, Movement, alike_problems, result_shape_problems, steps_of
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

_TYPES = ("int8", "int16", "float32")
_MOST_AXES = 5


class Transpose(Movement):
    """Inputs are the values and the permutation: axis i of the output is axis permutation[i]."""

    kind = "TRANSPOSE"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        rank, named = len(source.shape), graph.tensors[operation.inputs[1]]
        if not 1 <= rank <= _MOST_AXES:
            return [f"its input has {rank} axes, not 1 to {_MOST_AXES}"]
        order = constant_integers(named) if named.dtype == "int32" else None
        if order is None or sorted(order) != list(range(rank)):
            return [f"its permutation is not an int32 constant of 0 to {rank - 1}"]
        turned = tuple(source.shape[axis] for axis in order)
        return [*alike_problems(source, result, _TYPES), *result_shape_problems(result, turned)]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        order = constant_integers(graph.tensors[operation.inputs[1]]) or ()
        steps = steps_of(source.shape)
        in_steps = tuple(steps[axis] for axis in order)
        return [Copy(source.id, result.id, result.shape, in_steps, steps_of(result.shape))]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, order = inputs[0], inputs[1]
        assert values is not None
        assert order is not None
        return [np.transpose(values, order.astype(np.int64).tolist())]


OPERATOR = Transpose()
