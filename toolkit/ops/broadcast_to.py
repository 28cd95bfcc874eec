# SPDX-License-Identifier: Apache-2.0
"""BROADCAST_TO a constant shape of up to five axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import (
    EVERY_TYPE,
    Copy,
    Movement,
    alike_problems,
    result_shape_problems,
    steps_of,
)
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

_MOST_AXES = 5


class BroadcastTo(Movement):
    """Inputs are the values and the shape: axes that are missing or of size 1 are repeated."""

    kind = "BROADCAST_TO"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        shape = constant_integers(graph.tensors[operation.inputs[1]])
        if shape is None or not 1 <= len(shape) <= _MOST_AXES or min(shape) < 1:
            return [f"its shape is not an integer constant of 1 to {_MOST_AXES} sizes"]
        ones = (1,) * (len(shape) - len(source.shape))
        agree = [a in (1, b) for a, b in zip(ones + source.shape, shape, strict=False)]
        if len(source.shape) > len(shape) or not all(agree):
            return [f"its input of the shape {list(source.shape)} does not broadcast to {list(shape)}"]
        return [*alike_problems(source, result, EVERY_TYPE), *result_shape_problems(result, shape)]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        shape = (1,) * (len(result.shape) - len(source.shape)) + source.shape
        in_steps = tuple(0 if n == 1 else step for n, step in zip(shape, steps_of(shape), strict=True))
        return [Copy(source.id, result.id, result.shape, in_steps, steps_of(result.shape))]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        assert inputs[0] is not None
        return [np.broadcast_to(inputs[0], graph.tensors[operation.outputs[0]].shape)]


OPERATOR = BroadcastTo()
