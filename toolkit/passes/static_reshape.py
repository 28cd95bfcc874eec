# SPDX-License-Identifier: Apache-2.0
"""Forget how a model computes the shape of a reshape: all shapes are known.

A converter that was given a free batch size computes the new shape from the batch (SHAPE,
STRIDED_SLICE, PACK). Here the batch is fixed, so the output's own shape says it all, and what
computed it is dead.
"""

from __future__ import annotations

from dataclasses import replace

from toolkit.ir.graph import Graph, Operation


def run(graph: Graph) -> Graph:
    """Return graph with reshapes that read nothing but their values, where the sizes agree."""
    operations = tuple(_without_shape(graph, operation) for operation in graph.operations)
    return replace(graph, operations=operations)


def _without_shape(graph: Graph, operation: Operation) -> Operation:
    if operation.kind != "RESHAPE" or (len(operation.inputs), len(operation.outputs)) != (2, 1):
        return operation
    source, shape = graph.input_tensors(operation)
    (result,) = graph.output_tensors(operation)
    if source is None or shape is None or shape.is_constant or source.elements != result.elements:
        return operation
    return replace(operation, inputs=operation.inputs[:1])
