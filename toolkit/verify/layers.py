# SPDX-License-Identifier: Apache-2.0
"""Layer by layer: where two runs of one model part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ir.rules import kind_text
from toolkit.ops.shared.operator import Array

_LONGEST_NAME = 50


@dataclass(frozen=True)
class LayerDifference:
    """The first element in which two runs differ: of which layer, tensor and sample."""

    layer: int
    kind: str
    tensor: str
    sample: int
    index: int
    expected: float
    got: float

    def __str__(self) -> str:
        name = self.tensor if len(self.tensor) <= _LONGEST_NAME else f"...{self.tensor[-_LONGEST_NAME:]}"
        return (
            f"operation {self.layer} ({self.kind}), tensor {name!r}, sample {self.sample}, "
            f"index {self.index}: {self.expected:g} and {self.got:g}"
        )


def first_layer_difference(
    graph: Graph, expected: Mapping[int, Array], got: Mapping[int, Array], sample: int = 0
) -> LayerDifference | None:
    """Return where the first tensor, in the order of graph's operations, is not the same in both.

    expected and got hold values by tensor id, of the tensor's type or as bytes; a tensor that is in
    only one of them is not compared, but a part is with that of the whole tensor.
    LayerDifference.layer is the operation's place in the file.
    """
    for operation in graph.operations:
        for tensor_id in operation.outputs:
            truth = _expected(graph.tensors[tensor_id], expected)
            if truth is not None and tensor_id in got:
                dtype = graph.tensors[tensor_id].dtype
                pair = (flatten(truth, dtype), flatten(got[tensor_id], dtype))
                index = first_unequal(pair)
                if index >= 0:
                    return _difference(graph, operation, tensor_id, sample, index, pair)
    return None


def _expected(tensor: Tensor, expected: Mapping[int, Array]) -> Array | None:
    """Return what a tensor must hold: its own value, but only the part and the channels that it has."""
    origin = tensor.origin
    value = expected.get(tensor.id if origin is None else origin.tensor)
    if value is not None and origin is not None:
        ends = [slice(start, start + size) for start, size in zip(origin.starts, tensor.shape, strict=True)]
        value = value[tuple(ends if tensor.kept is None else ends[:-1])]
    if value is not None and tensor.kept is not None:
        value = value[..., tensor.kept.channels]
    return value


def flatten(value: Array, dtype: str) -> Array:
    """Return a value, of any type and shape with the same bytes, as elements of dtype."""
    return np.ascontiguousarray(value).reshape(-1).view(np.uint8).view(dtype)


def of_kept(value: Array, tensor: Tensor) -> Array:
    """Return a value flattened as by flatten(), of a tensor with kept only with those channels.

    A value that has no others already stays as it is.
    """
    flat = flatten(value, tensor.dtype)
    if tensor.kept is None or flat.size < tensor.elements:
        return flat
    return flat.reshape(-1, tensor.kept.of)[:, tensor.kept.channels].reshape(-1)


def index_in_file(tensor: Tensor, index: int) -> int:
    """Return which element of the file's tensor an element of one with kept is."""
    if tensor.kept is None:
        return index
    row, place = divmod(index, len(tensor.kept.channels))
    return row * tensor.kept.of + tensor.kept.channels[place]


def first_unequal(arrays: Sequence[Array]) -> int:
    """Return the first index in which the bytes of flattened arrays are not all the same, -1 if none."""
    if len(arrays) < 2:
        return -1
    stacked = np.stack([array.view(np.uint8) for array in arrays])
    unequal = np.nonzero((stacked != stacked[0]).any(axis=0))[0]
    return int(unequal[0]) // arrays[0].itemsize if unequal.size else -1


def _difference(
    graph: Graph, operation: Operation, tensor_id: int, sample: int, index: int, pair: tuple[Array, Array]
) -> LayerDifference:
    values = [float(value.reshape(-1)[index : index + 1].astype(np.float64).sum()) for value in pair]
    tensor = graph.tensors[tensor_id]
    place = index_in_file(tensor, index)
    return LayerDifference(
        operation.index, kind_text(operation), tensor.name, sample, place, values[0], values[1]
    )
