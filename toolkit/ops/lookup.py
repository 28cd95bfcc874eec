# SPDX-License-Identifier: Apache-2.0
"""One 8-bit number in, one out: the operator becomes a table of 256 bytes and tm_lookup_s8."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Quantization, Tensor
from toolkit.ops.operands import quantization_of, unary_problems
from toolkit.ops.operator import Array, ConstantArgument, KernelCall, Operator, Target, TensorArgument

Int64 = NDArray[np.int64]


def all_values(tensor: Tensor) -> Int64:
    """Return the 256 values of tensor's type, in the order of their bytes from 0x00 to 0xff."""
    return np.arange(256, dtype=np.uint8).view(tensor.dtype).astype(np.int64)


def lookup_call(graph: Graph, operation: Operation, table: Int64) -> KernelCall:
    """Return the call that puts table[byte] for every byte of the input; table is within 8 bits."""
    (source,), (result,) = operation.inputs, operation.outputs
    values = table.astype(graph.tensors[result].dtype).view(np.int8)
    return KernelCall(
        kernel="tm_lookup_s8",
        params={"elements": graph.tensors[source].elements},
        arguments=(TensorArgument(source), ConstantArgument("table", values), TensorArgument(result)),
    )


class LookupOperator(Operator):
    """An operator whose every output byte depends on one input byte."""

    @abstractmethod
    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        """Return the output's numbers for the input's numbers x, within the output's type."""

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return unary_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        table = self.values(all_values(source), quantization_of(source), quantization_of(result))
        return lookup_call(graph, operation, table)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        (value,) = inputs
        assert value is not None
        numbers = self.values(value.astype(np.int64), quantization_of(source), quantization_of(result))
        return [numbers.astype(result.dtype)]
