# SPDX-License-Identifier: Apache-2.0
"""Let layers hold their outputs by themselves where the next operator does no more than that.

RELU, MAXIMUM with a number, a QUANTIZE to another zero point: of the same scale, they move what a layer puts
out by a constant and hold it in a range, as the layer does anyway.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.activation import activation_range
from toolkit.ops.shared.merged import can_merge, merged_table, varying_inputs

_ADDING = ("ADD", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MUL", "SUB", "TRANSPOSE_CONV")
_POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")  # they move nothing


def run(graph: Graph) -> Graph:
    """Return graph without such operators after layers that are read by nothing else."""
    readers = Counter(i for operation in graph.operations for i in operation.inputs)
    makers = {o.outputs[0]: place for place, o in enumerate(graph.operations) if len(o.outputs) == 1}
    operations: dict[int, Operation] = dict(enumerate(graph.operations))
    for place, clamp in enumerate(graph.operations):
        sources = varying_inputs(graph, clamp)
        source = next(iter(sources), -1)
        maker = makers.get(source, -1)
        if len(sources) != 1 or maker < 0 or readers[source] != 1 or source in graph.outputs:
            continue
        found = _holding(graph, operations[maker], clamp)
        if found is not None:
            del operations[maker]
            operations[place] = found
            makers[found.outputs[0]] = place
    return replace(graph, operations=tuple(operations[i] for i in sorted(operations)))


def _holding(graph: Graph, layer: Operation, clamp: Operation) -> Operation | None:
    """Return layer with clamp's output, held in clamp's range; None where that is not the same."""
    source, result = graph.tensors[layer.outputs[0]], graph.tensors[clamp.outputs[0]]
    if layer.kind not in (*_ADDING, *_POOLS) or not can_merge(graph, clamp) or source.shape != result.shape:
        return None
    step = _step(source, result)
    if step is None or (step and layer.kind in _POOLS):
        return None
    least, most = activation_range(layer, source)
    if least > most:
        return None
    parts = clamp.parts or (clamp,)
    reached = np.arange(least, most + 1)
    table = merged_table(graph, parts).astype(np.int64)[reached % 256]
    if np.array_equal(table, reached):
        return replace(layer, outputs=clamp.outputs)
    low, high = int(table.min()), int(table.max())
    if not np.array_equal(table, np.clip(reached + step, low, high)):
        return None
    options = {**layer.options, "output_least": low, "output_most": high, "fused_activation_function": "NONE"}
    return replace(layer, outputs=clamp.outputs, options=options, parts=(*(layer.parts or (layer,)), *parts))


def _step(source: Tensor, result: Tensor) -> int | None:
    """Return how much further the zero point of result is, None where more than that is another."""
    before, after = source.quantization, result.quantization
    if source.dtype != "int8" or result.dtype != "int8" or before is None or after is None:
        return None
    return after.zero_point - before.zero_point if before.scales == after.scales else None
