# SPDX-License-Identifier: Apache-2.0
"""How many products an operation sums, from the shapes alone: unsupported and float operations too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from types import MappingProxyType

from toolkit.ir.graph import Graph, Operation, Tensor

Tensors = Sequence[Tensor | None]


def count_macs(graph: Graph, operation: Operation) -> int:
    """Return the multiply-accumulates of an operation; 0 for one that only moves or maps values.

    Works on graphs from damaged files: what does not have the usual shapes counts 0.
    """
    count = _COUNTERS.get(operation.kind)
    if count is None or not operation.outputs:
        return 0
    return count(graph.input_tensors(operation), graph.output_tensors(operation)[0], operation)


def _shape(tensors: Tensors, place: int, rank: int) -> tuple[int, ...] | None:
    """Return the shape of an input if it has that rank and no size of 0."""
    tensor = tensors[place] if place < len(tensors) else None
    if tensor is None or len(tensor.shape) != rank or 0 in tensor.shape:
        return None
    return tensor.shape


def _convolution(inputs: Tensors, result: Tensor, _: Operation) -> int:
    weights = _shape(inputs, 1, 4)
    return result.elements * prod(weights[1:]) if weights else 0


def _depthwise(inputs: Tensors, result: Tensor, _: Operation) -> int:
    weights = _shape(inputs, 1, 4)
    return result.elements * weights[1] * weights[2] if weights else 0


def _transposed(inputs: Tensors, result: Tensor, _: Operation) -> int:
    weights, source = _shape(inputs, 1, 4), _shape(inputs, 2, 4)
    return prod(source) * prod(weights[:3]) if weights and source else 0


def _matrix(inputs: Tensors, result: Tensor, _: Operation) -> int:
    weights = _shape(inputs, 1, 2)
    return result.elements * weights[1] if weights else 0


def _batches(inputs: Tensors, result: Tensor, operation: Operation) -> int:
    left = inputs[0].shape if inputs and inputs[0] is not None else ()
    if len(left) < 2:
        return 0
    return result.elements * left[-2 if operation.options.get("adj_x") else -1]


def _rank_decomposed(inputs: Tensors, result: Tensor, _: Operation) -> int:
    source, features, times = (_shape(inputs, place, 2) for place in range(3))
    return source[0] * (prod(features) + prod(times)) if source and features and times else 0


def _recurrent(inputs: Tensors, result: Tensor, _: Operation) -> int:
    source = _shape(inputs, 0, 3)
    matrices = [t for t in inputs[1:] if t is not None and t.is_constant and len(t.shape) == 2]
    return source[0] * source[1] * sum(t.elements for t in matrices) if source else 0


_COUNTERS: Mapping[str, Callable[[Tensors, Tensor, Operation], int]] = MappingProxyType(
    {
        "CONV_2D": _convolution,
        "DEPTHWISE_CONV_2D": _depthwise,
        "TRANSPOSE_CONV": _transposed,
        "FULLY_CONNECTED": _matrix,
        "BATCH_MATMUL": _batches,
        "SVDF": _rank_decomposed,
        "UNIDIRECTIONAL_SEQUENCE_LSTM": _recurrent,
    }
)
