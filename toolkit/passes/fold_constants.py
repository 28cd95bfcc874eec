# SPDX-License-Identifier: Apache-2.0
"""Compute what is known before the device runs: operations that read nothing but constants.

The references compute, so that the result is bit for bit what the kernels would have given. SHAPE
is always known: all shapes are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.counting import counted
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators

_MOST_GROWTH = 256
"""How many bytes of flash a fold may cost, to save RAM and time; a FILL of an image is cheaper run."""


def run(graph: Graph) -> Graph:
    """Return graph with constants for what follows from constants.

    Outputs of the graph live in the arena, so what writes one of them stays.
    """
    kept = []
    for operation in graph.operations:
        values = _values(graph, operation)
        if values is None:
            kept.append(operation)
            continue
        for tensor, value in zip(graph.output_tensors(operation), values, strict=True):
            graph = graph.with_tensor(replace(tensor, data=np.ascontiguousarray(value).reshape(tensor.shape)))
    return replace(graph, operations=tuple(kept))


def _values(graph: Graph, operation: Operation) -> list[Array] | None:
    """Return the outputs of an operation if they are known and can be constants."""
    operator = operators().get(operation.kind)
    results = graph.output_tensors(operation)
    if operator is None or not results or any(t.id in graph.outputs or t.is_constant for t in results):
        return None
    inputs = graph.input_tensors(operation)
    known = bool(inputs) and all(t is None or t.is_constant for t in inputs)
    if not (known or operator.follows_from_shapes):
        return None
    values = [None if t is None else t.data for t in inputs]
    number = counted(graph, operation, values)
    if number is not None:
        return [number]
    spared = sum(t.bytes for t in inputs if t is not None and t.is_constant)
    if sum(t.bytes for t in results) > spared + _MOST_GROWTH or operator.problems(graph, operation):
        return None
    return operator.reference(graph, operation, values)
