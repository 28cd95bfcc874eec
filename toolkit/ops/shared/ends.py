# SPDX-License-Identifier: Apache-2.0
"""Samples and outputs as the .tflite file has them, and as a graph without its float32 ends does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.registry import operators

Rows = NDArray[np.int8]


def as_graph_takes(graph: Graph, rows: Rows) -> Rows:
    """Return samples (n, bytes of the file's inputs) as the bytes of graph's inputs.

    float32 is quantized where the pass quantized_ends left out a QUANTIZE, by that operator's reference.
    """
    return _converted(graph, rows, "QUANTIZE", graph.given, graph.inputs)


def as_file_gives(graph: Graph, rows: Rows) -> Rows:
    """Return outputs of graph (n, bytes) as the bytes of the file's outputs, by DEQUANTIZE's reference."""
    return _converted(graph, rows, "DEQUANTIZE", graph.outputs, graph.asked)


def as_graph_gives(graph: Graph, rows: Rows) -> Rows:
    """Return outputs (n, bytes of the file's outputs) as graph gives them: what as_file_gives came from."""
    return _converted(graph, rows, "QUANTIZE", graph.asked, graph.outputs)


def _converted(graph: Graph, rows: Rows, kind: str, before: Sequence[int], after: Sequence[int]) -> Rows:
    if tuple(before) == tuple(after):
        return rows
    width = sum(graph.tensors[i].bytes for i in after)
    result = np.empty((len(rows), width), np.int8)
    for row, into in zip(rows, result, strict=True):
        start = end = 0
        for source, target in zip(before, after, strict=True):
            old, new = graph.tensors[source], graph.tensors[target]
            value = np.ascontiguousarray(row[start : start + old.bytes])
            if source != target:
                operation = Operation(-1, kind, 1, (source,), (target,))
                numbers = value.view(old.dtype).reshape(old.shape)
                (value,) = operators()[kind].reference(graph, operation, [numbers])
            into[end : end + new.bytes] = np.ascontiguousarray(value).reshape(-1).view(np.int8)
            start, end = start + old.bytes, end + new.bytes
    return result
