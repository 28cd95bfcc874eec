# SPDX-License-Identifier: Apache-2.0
"""TILE: the input repeated along each axis so often as a constant says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import (
    MOST_LOOPS,
    Copy,
    Movement,
    alike_problems,
    loops_of,
    result_shape_problems,
    steps_of,
)
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

_TYPES = ("int8", "uint8", "int32", "int64", "float32", "bool")


class Tile(Movement):
    """Inputs are the values and how often they stand along each of their axes. TFLM does not have it."""

    kind = "TILE"
    oracle = "TFLite"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        often = constant_integers(graph.tensors[operation.inputs[1]])
        if often is None or len(often) != len(source.shape) or min(often, default=1) < 1:
            return ["its multiples are not an integer constant of 1 or more for each axis"]
        shape = tuple(n * m for n, m in zip(source.shape, often, strict=True))
        problems = [*alike_problems(source, result, _TYPES), *result_shape_problems(result, shape)]
        if not problems and loops_of(self.copies(graph, operation)[0]) > MOST_LOOPS:
            problems.append(f"it repeats along more axes than {MOST_LOOPS} loops can walk")
        return problems

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        """Every axis of the output becomes two: which repetition, and the place in it."""
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        often = constant_integers(graph.tensors[operation.inputs[1]]) or ()
        sizes, in_steps, out_steps = [], [], []
        steps = zip(often, source.shape, steps_of(source.shape), steps_of(result.shape), strict=True)
        for repeats, size, in_step, out_step in steps:
            sizes += [repeats, size]
            in_steps += [0, in_step]
            out_steps += [size * out_step, out_step]
        return [Copy(source.id, result.id, tuple(sizes), tuple(in_steps), tuple(out_steps))]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        assert inputs[0] is not None
        assert inputs[1] is not None
        return [np.tile(inputs[0], inputs[1].ravel().astype(np.int64))]


OPERATOR = Tile()
