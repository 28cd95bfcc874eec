# SPDX-License-Identifier: Apache-2.0
"""What several elementwise operations make of one 8-bit number, by their own references."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.operator import Array
from toolkit.ops.shared.registry import operators
from toolkit.ops.shared.tabulate import is_one_number, number_of


def varying_inputs(graph: Graph, operation: Operation) -> set[int]:
    """Return the inputs that are no constants; of a reshape, not the one with the shape."""
    places = operation.inputs[:1] if operation.kind == "RESHAPE" else operation.inputs
    return {i for i in places if i >= 0 and not graph.tensors[i].is_constant}


def can_merge(graph: Graph, operation: Operation) -> bool:
    """Return whether each element of an output follows from those in its place, and from constant numbers.

    That of a reshape does: it changes no number. Only called when problems() is empty.
    """
    if len(operation.outputs) != 1:
        return False
    if operators()[operation.kind].keeps_bytes(graph, operation):
        return True
    result = graph.tensors[operation.outputs[0]]
    tensors = [t for t in graph.input_tensors(operation) if t is not None]
    return operators()[operation.kind].is_elementwise and all(
        is_one_number(t) if t.is_constant else t.elements == result.elements for t in tensors
    )


def source_of(graph: Graph, parts: Sequence[Operation]) -> Tensor:
    """Return the one tensor that parts read and do not make."""
    made = {o.outputs[0] for o in parts}
    (source,) = {i for o in parts for i in varying_inputs(graph, o)} - made
    return graph.tensors[source]


def merged_values(graph: Graph, parts: Sequence[Operation], values: Array) -> Array:
    """Return what the last of parts puts out for each of values (n,) of their source."""
    known: dict[int, Array] = {source_of(graph, parts).id: values}
    for part in parts:
        if operators()[part.kind].keeps_bytes(graph, part):
            known[part.outputs[0]] = known[part.inputs[0]]
            continue
        inputs = [
            None if t is None else number_of(t) if t.is_constant else known[t.id]
            for t in graph.input_tensors(part)
        ]
        (known[part.outputs[0]],) = operators()[part.kind].reference(graph, part, inputs)
    return known[parts[-1].outputs[0]]


def merged_table(graph: Graph, parts: Sequence[Operation]) -> Array:
    """Return the output for each byte of the source, (256,) of the output's type."""
    source = source_of(graph, parts)
    return merged_values(graph, parts, np.arange(256, dtype=np.uint8).view(source.dtype))
