# SPDX-License-Identifier: Apache-2.0
"""Let a model take and give integers where its file has float32 ends that are quantized at once.

A float32 input that only a QUANTIZE reads takes four bytes a value in the arena, for one that the model
works with. The QUANTIZE's result becomes the input; who calls the model quantizes. A DEQUANTIZE to an
output is left out likewise.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from toolkit.ir.graph import Graph, Operation


def run(graph: Graph) -> Graph:
    """Return graph with such ends replaced; file_inputs and file_outputs are then those of before."""
    readers = Counter(i for operation in graph.operations for i in operation.inputs)
    inputs = dict(_replaced_input(graph, operation, readers) for operation in graph.operations)
    outputs = dict(_replaced_output(graph, operation, readers) for operation in graph.operations)
    dropped = {*inputs.values(), *outputs} - {-1}
    if not dropped:
        return graph
    return replace(
        graph,
        operations=tuple(o for o in graph.operations if not dropped.intersection(o.outputs)),
        inputs=tuple(inputs.get(i, i) for i in graph.inputs),
        outputs=tuple(outputs.get(i, i) for i in graph.outputs),
        file_inputs=graph.inputs,
        file_outputs=graph.outputs,
    )


def _replaced_input(graph: Graph, operation: Operation, readers: Counter[int]) -> tuple[int, int]:
    """Return the input that a QUANTIZE is for and what takes its place, (-1, -1) if nothing does."""
    if operation.kind == "QUANTIZE":
        (source,), (result,) = operation.inputs, operation.outputs
        is_input = source in graph.inputs and graph.tensors[source].dtype == "float32"
        if is_input and readers[source] == 1 and not {source, result}.intersection(graph.outputs):
            return source, result
    return -1, -1


def _replaced_output(graph: Graph, operation: Operation, readers: Counter[int]) -> tuple[int, int]:
    """Return the output that a DEQUANTIZE writes and what takes its place, (-1, -1) if nothing does."""
    if operation.kind == "DEQUANTIZE":
        (source,), (result,) = operation.inputs, operation.outputs
        writers = [o for o in graph.operations if source in o.outputs]
        # Of an input, or of one that takes its place, the bytes need not be there at the end.
        is_computed = any(not _is_end(graph, writer) for writer in writers)
        is_output = graph.outputs.count(result) == 1 and not readers[result]
        if is_computed and is_output and source not in graph.outputs and _is_only(graph, operation):
            return result, source
    return -1, -1


def _is_end(graph: Graph, writer: Operation) -> bool:
    return writer.kind == "QUANTIZE" and writer.inputs[0] in graph.inputs


def _is_only(graph: Graph, operation: Operation) -> bool:
    """Whether no other DEQUANTIZE of the same tensor makes an output: outputs are different tensors."""
    same = [o for o in graph.operations if o.kind == "DEQUANTIZE" and o.inputs == operation.inputs]
    return len(same) == 1
