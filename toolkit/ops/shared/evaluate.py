# SPDX-License-Identifier: Apache-2.0
"""Run a graph in NumPy, operation by operation, by the operators' references."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph
from toolkit.ops.shared.counting import counted
from toolkit.ops.shared.live import live_operations, read_inputs
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.state import States, start_states


def evaluate(graph: Graph, inputs: Sequence[Array], states: States | None = None) -> list[Array]:
    """Return the graph's outputs for its inputs, each with the tensor's shape and dtype.

    graph is as the reader returns it; a graph in which passes share storage works as well. states is
    where the run before left them, and holds what this run makes of them; None is the start.
    """
    values = _Values(graph, inputs, start_states(graph) if states is None else states)
    values.compute()
    return [values.read(i) for i in graph.outputs]


def evaluate_tensors(graph: Graph, inputs: Sequence[Array], states: States | None = None) -> dict[int, Array]:
    """Return the value of every tensor that matters when the graph has run, by its id.

    What no output follows from is not computed: nobody has checked it.

    states is as for evaluate().
    """
    values = _Values(graph, inputs, start_states(graph) if states is None else states)
    values.compute()
    return values.known


class _Values:
    """The tensors' values as they come; bytes has the storage of those that share one."""

    def __init__(self, graph: Graph, inputs: Sequence[Array], states: States) -> None:
        self.graph = graph
        self.known: dict[int, Array] = {t.id: t.data for t in graph.tensors if t.data is not None}
        self.known |= states
        self.bytes: dict[int, NDArray[np.uint8]] = {}
        shared = {t.storage for t in graph.tensors if t.storage != t.id}
        self.bytes = {i: np.zeros(graph.tensors[i].bytes, np.uint8) for i in shared}
        for i, value in zip(graph.inputs, inputs, strict=True):
            self.write(i, np.asarray(value))

    def compute(self) -> None:
        for operation in live_operations(self.graph, with_shapes=False):
            read = read_inputs(operation)
            operands = [self.read(i) if i in read and i >= 0 else None for i in operation.inputs]
            number = counted(self.graph, operation, operands)
            if number is None:
                results = operators()[operation.kind].reference(self.graph, operation, operands)
            else:
                results = [number]
            for i, value in zip(operation.outputs, results, strict=True):
                self.write(i, value)

    def write(self, tensor_id: int, value: Array) -> None:
        tensor = self.graph.tensors[tensor_id]
        self.known[tensor_id] = value
        if tensor.storage in self.bytes:
            flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
            start = tensor.storage_offset
            self.bytes[tensor.storage][start : start + tensor.bytes] = flat

    def read(self, tensor_id: int) -> Array:
        if tensor_id in self.known:
            return self.known[tensor_id]
        tensor = self.graph.tensors[tensor_id]
        start = tensor.storage_offset
        data = self.bytes[tensor.storage][start : start + tensor.bytes]
        return np.frombuffer(data.tobytes(), tensor.dtype).reshape(tensor.shape)
