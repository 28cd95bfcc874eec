# SPDX-License-Identifier: Apache-2.0
"""SLICE with constant begin and size; a size of -1 goes to the end."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import WORDS, Copy, Movement, alike_problems, result_shape_problems, steps_of
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

_TYPES = (*WORDS, "bool")
_MOST_AXES = 5


class Slice(Movement):
    """Inputs are the values, where to begin and how many to take, one number an axis."""

    kind = "SLICE"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=3)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        begin, size = (constant_integers(graph.tensors[i]) for i in operation.inputs[1:])
        rank = len(source.shape)
        if not 1 <= rank <= _MOST_AXES:
            return [f"its input has {rank} axes, not 1 to {_MOST_AXES}"]
        if begin is None or size is None or (len(begin), len(size)) != (rank, rank):
            return [f"its begin and size are not integer constants of {rank} numbers"]
        taken = tuple(n - b if s == -1 else s for n, b, s in zip(source.shape, begin, size, strict=True))
        for axis, (all_of, first, count) in enumerate(zip(source.shape, begin, taken, strict=True)):
            if first < 0 or count < 1 or first + count > all_of:
                return [f"it takes {count} from {first} in axis {axis}, which has {all_of}"]
        return [*alike_problems(source, result, _TYPES), *result_shape_problems(result, taken)]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        begin = constant_integers(graph.tensors[operation.inputs[1]]) or ()
        steps = steps_of(source.shape)
        start = sum(first * step for first, step in zip(begin, steps, strict=True))
        return [Copy(source.id, result.id, result.shape, steps, steps_of(result.shape), start)]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, begin, size = inputs
        assert values is not None
        assert begin is not None
        assert size is not None
        places = zip(begin.ravel().tolist(), size.ravel().tolist(), strict=True)
        return [values[tuple(slice(b, None if s == -1 else b + s) for b, s in places)]]


OPERATOR = Slice()
