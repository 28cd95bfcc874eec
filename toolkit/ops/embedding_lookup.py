# SPDX-License-Identifier: Apache-2.0
"""EMBEDDING_LOOKUP: rows of a table chosen by a vector of indices."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.choosing import choice_problems, gather_call
from toolkit.ops.shared.movement import alike_problems, result_shape_problems
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.targets.target import Target

_TYPES = ("int8", "float32")


class EmbeddingLookup(Operator):
    """Inputs are the int32 indices and the table, of two axes or more."""

    kind = "EMBEDDING_LOOKUP"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        indices, table = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        if len(indices.shape) != 1 or len(table.shape) < 2:
            return [f"its indices {list(indices.shape)} are no vector, or {list(table.shape)} no table"]
        return [
            *choice_problems(indices, table.shape[:1]),
            *alike_problems(table, result, _TYPES, "table"),
            *result_shape_problems(result, indices.shape + table.shape[1:]),
        ]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        indices, table = (graph.tensors[i] for i in operation.inputs)
        sizes = (1, 1, table.shape[0], indices.elements, prod(table.shape[1:]))
        return gather_call(graph, table.id, indices.id, operation.outputs[0], sizes)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        indices, table = inputs
        assert indices is not None
        assert table is not None
        return [table[np.clip(indices.astype(np.int64), 0, table.shape[0] - 1)]]


OPERATOR = EmbeddingLookup()
