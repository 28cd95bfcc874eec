# SPDX-License-Identifier: Apache-2.0
"""The sizes of a file whose batch size was left free, as they are of one sample.

A converter that does not know the batch size writes 1 for each size that it does not know: of the input
rightly, but behind SPACE_TO_BATCH_ND there are as many batches as blocks make, and a shape that the model
computes (Keras's Dense over a sequence, UpSampling2D, a recurrent layer's first state) may be any. TFLite
finds the sizes as it starts. TFLM believes the file, or refuses it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation, Tensor
from toolkit.ir.rules import id_problems
from toolkit.tflite.shapes import Shape, UnclearError, Values, shapes_of, values_of

FOUND = "sizes_found"
"""An option of operations that is in no file: the sizes of what it gives are not in the file, or it is a
RELU6 of such a file, which TFLM does not read.
"""
_COMPUTING = ("SHAPE", "SPACE_TO_BATCH_ND")
# With a shape that is computed TFLM takes that of the output's tensor.
_OF_THE_FILE = ("RESHAPE", "TRANSPOSE_CONV")
_MOST_NUMBERS = 64
_LARGEST_TENSOR = 2**31 - 1


def with_sizes(graph: Graph) -> Graph:
    """Return graph with the sizes that follow from its inputs', and without what only computed them.

    It stays as it is if its file has these sizes, if it is damaged, or if sizes do not follow.
    """
    if not any(o.kind in _COMPUTING for o in graph.operations) or id_problems(graph):
        return graph
    try:
        return _Sizes(graph).found()
    except UnclearError:
        return graph


class _Sizes:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.values: dict[int, Values] = {}
        self.shapes: dict[int, Shape] = {}
        self.kept: list[Operation] = []

    def found(self) -> Graph:
        """Return the graph. Raises UnclearError."""
        for operation in self.graph.operations:
            self._go(operation)
        if not any(FOUND in operation.options for operation in self.kept):
            return self.graph
        tensors = tuple(self._tensor(tensor) for tensor in self.graph.tensors)
        operations = tuple(_found(o) if o.kind == "RELU6" else o for o in self.kept)
        return replace(self.graph, tensors=tensors, operations=operations)

    def _go(self, operation: Operation) -> None:
        inputs = [i for i in operation.inputs if i >= 0]
        shapes = [self._shape(i) for i in inputs]
        known = [self._value(i) for i in inputs]
        is_given = set(operation.outputs).intersection(self.graph.outputs)
        if not is_given and self._folds(operation, known, shapes):
            return
        computes = any(i in self.values for i in inputs)
        grows = any(i in self.shapes for i in inputs)
        if not (computes or grows or operation.kind == "SPACE_TO_BATCH_ND"):
            self.kept.append(operation)
            return
        found = shapes_of(operation, shapes, known, len(operation.outputs))
        pairs = list(zip(operation.outputs, found, strict=True))
        changed = {i: shape for i, shape in pairs if shape != self.graph.tensors[i].shape}
        self.shapes |= changed
        is_found = changed or (computes and operation.kind not in _OF_THE_FILE)
        self.kept.append(_found(operation) if is_found else operation)

    def _folds(self, operation: Operation, known: list[Values | None], shapes: list[Shape]) -> bool:
        """Return whether an operation computes but small integers, which are known then."""
        is_known = operation.kind == "SHAPE" or (known and all(value is not None for value in known))
        if not is_known or any(
            self.graph.tensors[i].dtype not in ("int32", "int64") for i in operation.outputs
        ):
            return False
        try:
            results = values_of(operation, [v for v in known if v is not None], shapes)
        except UnclearError:
            return False
        if len(results) != len(operation.outputs) or max(r.size for r in results) > _MOST_NUMBERS:
            return False
        self.values |= dict(zip(operation.outputs, map(np.asarray, results), strict=True))
        return True

    def _value(self, tensor: int) -> Values | None:
        if tensor in self.values:
            return self.values[tensor]
        data = self.graph.tensors[tensor].data
        is_small = data is not None and data.dtype.kind == "i" and data.size <= _MOST_NUMBERS
        return data if is_small else None

    def _shape(self, tensor: int) -> Shape:
        return self.shapes.get(tensor, self.graph.tensors[tensor].shape)

    def _tensor(self, tensor: Tensor) -> Tensor:
        if tensor.id in self.values:
            data = self.values[tensor.id].astype(tensor.dtype)
            return replace(tensor, shape=data.shape, data=data)
        shape = self._shape(tensor.id)
        if (
            np.prod(shape, dtype=float) * DTYPE_BYTES[tensor.dtype] > _LARGEST_TENSOR
            or min(shape, default=1) < 1
        ):
            raise UnclearError
        return replace(tensor, shape=shape)


def _found(operation: Operation) -> Operation:
    return replace(operation, options={**operation.options, FOUND: True})
