# SPDX-License-Identifier: Apache-2.0
"""Let what keeps all bytes in their order use its input's memory, and drop the copy."""

from __future__ import annotations

from dataclasses import replace

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.registry import operators


def run(graph: Graph) -> Graph:
    """Return graph with reshapes turned into shared storage, or into constants.

    A reshape is whatever keeps its bytes: SQUEEZE, a TRANSPOSE that moves only axes of size 1.
    Every tensor has one writer and all that share a storage have the same bytes, so that they
    may, whether they are inputs or outputs of the graph or not; the planner keeps a storage for
    as long as any of them is needed. Only a constant cannot become an output of the graph this
    way: outputs live in the arena, so that reshape stays.
    """
    tensors = list(graph.tensors)
    kept = []
    for operation in graph.operations:
        shared = _shared(graph, operation, tensors)
        if shared is None:
            kept.append(operation)
        else:
            tensors[shared.id] = shared
    return replace(graph, tensors=tuple(tensors), operations=tuple(kept))


def _shared(graph: Graph, operation: Operation, tensors: list[Tensor]) -> Tensor | None:
    """Return the output of a reshape as it is when nothing is copied, or None if it must be."""
    operator = operators().get(operation.kind)
    if operator is None or not operator.keeps_bytes(graph, operation):
        return None
    source, result = tensors[operation.inputs[0]], tensors[operation.outputs[0]]
    if (source.dtype, source.bytes) != (result.dtype, result.bytes):
        return None
    if source.is_state:
        return None
    if source.data is None:
        return replace(result, storage=source.storage)
    if result.id in graph.outputs:
        return None
    return replace(result, data=source.data.reshape(result.shape))
