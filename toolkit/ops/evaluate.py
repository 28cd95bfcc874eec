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
    values = evaluate_tensors(graph, inputs)
    return [_value_of(graph, values, i) for i in graph.outputs]


def evaluate_tensors(graph: Graph, inputs: Sequence[Array]) -> dict[int, Array]:
    """Return the value of every tensor that has one when the graph has run, by its id."""
    values: dict[int, Array] = {t.id: t.data for t in graph.tensors if t.data is not None}
    values |= {i: np.asarray(value) for i, value in zip(graph.inputs, inputs, strict=True)}
    for operation in graph.operations:
        operands = [_value_of(graph, values, i) if i >= 0 else None for i in operation.inputs]
        results = operators()[operation.kind].reference(graph, operation, operands)
        values |= dict(zip(operation.outputs, results, strict=True))
    return values


def _value_of(graph: Graph, values: dict[int, Array], tensor_id: int) -> Array:
    tensor = graph.tensors[tensor_id]
    found = values.get(tensor_id)
    return values[tensor.storage].reshape(tensor.shape) if found is None else found
