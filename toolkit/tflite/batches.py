# SPDX-License-Identifier: Apache-2.0
"""Batches between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, in a file whose batch size was left free.

The converter writes 1 for a size that it does not know, behind SPACE_TO_BATCH_ND as well, where blocks
multiply it. Keras's dilated and causal layers come so. TFLite computes the sizes anew as it starts; TFLM
believes the file.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ir.rules import id_problems

FREE_BATCH = "free_batch"
"""An option of SPACE_TO_BATCH_ND that is in no file: its output's batches are not those of the file."""
_TO_BATCH, _TO_SPACE = "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND"
# Operators that leave batches apart and in place, if the first size of what they read and write is the same.
_BY_BATCH = frozenset(
    (
        *("CONV_2D", "DEPTHWISE_CONV_2D", "EXPAND_DIMS", "RESHAPE", "SQUEEZE", "PAD", "ADD", "MUL"),
        *("RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "PRELU", "LOGISTIC", "TANH", "HARD_SWISH"),
    )
)


def with_batches(graph: Graph) -> Graph:
    """Return graph with as many batches behind each SPACE_TO_BATCH_ND as its blocks make.

    A graph stays as it is if its file says so many itself, if it is damaged, or if such batches come to an
    operator that could mix them.
    """
    if not any(o.kind == _TO_BATCH for o in graph.operations) or id_problems(graph):
        return graph
    times: dict[int, int] = {}
    operations = []
    for operation in graph.operations:
        factor = max((times.get(i, 1) for i in operation.inputs), default=1)
        if operation.kind == _TO_BATCH and _lacks_batches(graph, operation):
            factor *= _block(graph, operation)
            operation = replace(operation, options={**operation.options, FREE_BATCH: True})
        elif operation.kind == _TO_SPACE and factor > 1:
            factor, rest = divmod(factor, _block(graph, operation) or factor + 1)
            if rest:
                return graph
        elif factor > 1 and not _is_by_batch(graph, operation):
            return graph
        operations.append(operation)
        times |= dict.fromkeys(operation.outputs, factor) if factor > 1 else {}
    if any(i in times for i in graph.outputs):
        return graph
    tensors = tuple(_times(tensor, times.get(tensor.id, 1)) for tensor in graph.tensors)
    return replace(graph, tensors=tensors, operations=tuple(operations))


def _lacks_batches(graph: Graph, operation: Operation) -> bool:
    """Return whether blocks of an operation leave the file's batches as they were."""
    if (len(operation.inputs), len(operation.outputs)) != (3, 1):
        return False
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    return source.shape[:1] == result.shape[:1] != () and _block(graph, operation) > 1


def _block(graph: Graph, operation: Operation) -> int:
    """Return how many places a block has, 0 if that is not clear."""
    data = graph.tensors[operation.inputs[1]].data if len(operation.inputs) == 3 else None
    sizes = [] if data is None or data.dtype.kind != "i" else data.ravel().tolist()
    return prod(sizes) if sizes and min(sizes) > 0 else 0


def _is_by_batch(graph: Graph, operation: Operation) -> bool:
    computed = [t for t in graph.input_tensors(operation) if t is not None and not t.is_constant]
    firsts = {t.shape[:1] for t in (*computed, *graph.output_tensors(operation))}
    return operation.kind in _BY_BATCH and len(computed) == 1 and len(firsts) == 1


def _times(tensor: Tensor, factor: int) -> Tensor:
    return tensor if factor == 1 else replace(tensor, shape=(tensor.shape[0] * factor, *tensor.shape[1:]))
