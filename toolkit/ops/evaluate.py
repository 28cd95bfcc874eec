# SPDX-License-Identifier: Apache-2.0
"""Run a graph in NumPy, operation by operation, by the operators' references."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph
from toolkit.ops.operator import Array
from toolkit.ops.registry import operators


def evaluate(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """Return the graph's outputs for its inputs, each with the tensor's shape and dtype.

    graph is as the reader returns it; a graph in which passes share storage works as well.
    """
    values: dict[int, Array] = {t.id: t.data for t in graph.tensors if t.data is not None}
    values |= {i: np.asarray(value) for i, value in zip(graph.inputs, inputs, strict=True)}

    def value_of(tensor_id: int) -> Array | None:
        if tensor_id < 0:
            return None
        tensor = graph.tensors[tensor_id]
        found = values.get(tensor_id)
        if found is None:
            found = values[tensor.storage].reshape(tensor.shape)
        return found

    for operation in graph.operations:
        operands = [value_of(i) for i in operation.inputs]
        results = operators()[operation.kind].reference(graph, operation, operands)
        values |= dict(zip(operation.outputs, results, strict=True))
    outputs = [value_of(i) for i in graph.outputs]
    return [output for output in outputs if output is not None]
