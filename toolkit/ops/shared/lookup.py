# SPDX-License-Identifier: Apache-2.0
"""One 8-bit number in, one out: the operator becomes a table of 256 bytes and tm_lookup_s8."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Quantization, Tensor
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of, straight
from toolkit.ops.shared.operands import quantization_of, unary_problems
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument, Walk
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target

Int64 = NDArray[np.int64]


def all_values(tensor: Tensor) -> Int64:
    """Return the 256 values of tensor's type, in the order of their bytes from 0x00 to 0xff."""
    return np.arange(256, dtype=np.uint8).view(tensor.dtype).astype(np.int64)


def hold_int8(x: Int64) -> Int64:
    """Return x held within int8."""
    return np.asarray(np.clip(x, -128, 127), dtype=np.int64)


def lookup_call(graph: Graph, operation: Operation, table: Int64) -> KernelCall:
    """Return the call that puts table[byte] for every byte of the input; table is within 8 bits."""
    source, result = operation.inputs[0], operation.outputs[0]
    values = table.astype(graph.tensors[result].dtype).view(np.int8)
    return KernelCall(
        kernel="tm_lookup_s8",
        params={"elements": graph.tensors[source].elements},
        arguments=(TensorArgument(source), ConstantArgument("table", values), TensorArgument(result)),
    )


class TableOperator(Operator):
    """An operator whose every output byte depends on one input byte, in a way that it knows."""

    is_elementwise = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return unary_problems(graph, operation)

    @abstractmethod
    def table(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        """Return the output's numbers for the input's numbers x, within the output's type."""

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        values = all_values(graph.tensors[operation.inputs[0]])
        return lookup_call(graph, operation, self.table(graph, operation, values))

    def is_pixelwise(self, graph: Graph, operation: Operation) -> bool:
        return True

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        return (straight(0, channels_of(graph.tensors[operation.inputs[0]])),)

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        value = inputs[0]
        assert value is not None
        numbers = self.table(graph, operation, value.astype(np.int64))
        return [numbers.astype(graph.tensors[operation.outputs[0]].dtype)]


class LookupOperator(TableOperator):
    """A table that follows from the quantization of input and output alone."""

    @abstractmethod
    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        """Return the output's numbers for the input's numbers x, within the output's type."""

    def table(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return self.values(x, quantization_of(source), quantization_of(result))
