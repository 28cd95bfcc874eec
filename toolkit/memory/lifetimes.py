# SPDX-License-Identifier: Apache-2.0
"""From the first to the last step in which each buffer of a graph is needed."""

from __future__ import annotations

from toolkit.ir.graph import Graph
from toolkit.memory.plan import Buffer, Scratch


def buffer_lifetimes(graph: Graph, scratch: Scratch) -> list[Buffer]:
    """Return every buffer that the arena must hold: tensors by id, then scratch by step.

    A tensor is alive from its writer to its last reader; tensors that share a storage are one
    buffer. Graph inputs are written before step 0, graph outputs are kept through the last step, and
    states from the first to the last.
    An input's place is free after its last reader: the engine's interface lets it be overwritten.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}

    def use(tensor_id: int, step: int) -> None:
        if tensor_id >= 0 and not graph.tensors[tensor_id].is_constant:
            storage = graph.tensors[tensor_id].storage
            first.setdefault(storage, step)
            last[storage] = step

    for tensor_id in (*graph.inputs, *graph.states):
        use(tensor_id, 0)
    for step, operation in enumerate(graph.operations):
        for tensor_id in (*operation.inputs, *operation.outputs):
            use(tensor_id, step)
    for tensor_id in (*graph.outputs, *graph.states):
        use(tensor_id, max(0, len(graph.operations) - 1))
    tensors = [Buffer(graph.tensors[i].bytes, first[i], last[i], tensor=i) for i in sorted(first)]
    return tensors + [
        Buffer(size, step, step, scratch=place)
        for step, sizes in enumerate(scratch)
        for place, size in enumerate(sizes)
    ]
