# SPDX-License-Identifier: Apache-2.0
"""PACK: inputs of one shape side by side along a new axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared import parts
from toolkit.ops.shared.movement import WORDS, Copy, Movement, alike_problems, axis_of, result_shape_problems
from toolkit.ops.shared.operator import Array

_TYPES = (*WORDS, "int64")


class Pack(Movement):
    """Any number of inputs, constants among them."""

    kind = "PACK"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        count = parts.count_of(operation.options.get("values_count", 0))
        problems = parts.ids_problems(graph, operation, inputs=count, outputs=1)
        if problems or not count:
            return problems or ["it has no inputs"]
        result = graph.tensors[operation.outputs[0]]
        first = graph.tensors[operation.inputs[0]].shape
        axis = axis_of(operation.options.get("axis", 0), len(first) + 1)
        if axis is None:
            return [f"its axis {operation.options.get('axis')} is not one of {len(first) + 1}"]
        for place, i in enumerate(operation.inputs):
            source = graph.tensors[i]
            problems += alike_problems(source, result, _TYPES, f"input {place}")
            if source.shape != first:
                problems.append(f"its input {place} has the shape {list(source.shape)}, not {list(first)}")
        return [*problems, *result_shape_problems(result, (*first[:axis], count, *first[axis:]))]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        (whole,) = operation.outputs
        axis = axis_of(operation.options.get("axis", 0), len(graph.tensors[whole].shape)) or 0
        ones = (1,) * len(operation.inputs)
        taken = parts.split_copies(graph, whole, operation.inputs, axis, ones)
        return [_turned_round(copy) for copy in taken]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        axis = operation.options.get("axis", 0)
        assert isinstance(axis, int)
        return [np.stack([value for value in inputs if value is not None], axis)]


def _turned_round(copy: Copy) -> Copy:
    return replace(
        copy,
        source=copy.result,
        result=copy.source,
        in_steps=copy.out_steps,
        out_steps=copy.in_steps,
        in_start=copy.out_start,
        out_start=copy.in_start,
    )


OPERATOR = Pack()
