# SPDX-License-Identifier: Apache-2.0
"""What MEAN and SUM share: tm_mean_s8 or tm_mean_s16, which add up and rescale."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of, straight
from toolkit.ops.shared.operands import SUFFIXES, WIDTHS, quantization_of
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.reduction import gone_axes, reduced_count, reduction_params, reduction_problems
from toolkit.ops.shared.requantize import requantize
from toolkit.targets.target import Target

_MOST_ADDENDS = {"int8": 2**23, "int16": 2**16}


class SumOperator(Operator):
    """Inputs are the values and the axes to add up over, negative ones counted from the last."""

    @abstractmethod
    def scale(self, graph: Graph, operation: Operation) -> tuple[int, int]:
        """Return multiplier and shift from a sum to the output."""

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = reduction_problems(graph, operation, WIDTHS)
        if problems:
            return problems
        most = _MOST_ADDENDS[graph.tensors[operation.inputs[0]].dtype]
        return ["its sums can exceed 32 bits"] if reduced_count(graph, operation) >= most else []

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        source = graph.tensors[operation.inputs[0]]
        if len(source.shape) - 1 in gone_axes(graph, operation):
            return None
        return (straight(0, channels_of(source)),)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        multiplier, shift = self.scale(graph, operation)
        params = reduction_params(graph, operation) | {"multiplier": multiplier, "shift": shift}
        if source.dtype == "int8":
            params["start"] = -quantization_of(source).zero_point * reduced_count(graph, operation)
            params["zero_point"] = quantization_of(result).zero_point
        kernel = f"tm_mean_{SUFFIXES[source.dtype]}"
        return KernelCall(kernel, params, (TensorArgument(source.id), TensorArgument(result.id)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        values = inputs[0]
        assert values is not None
        real = values.astype(np.int64) - quantization_of(source).zero_point
        sums = real.sum(axis=gone_axes(graph, operation))
        scaled = requantize(sums, *self.scale(graph, operation)) + quantization_of(result).zero_point
        limits = np.iinfo(result.dtype)
        return [np.clip(scaled, limits.min, limits.max).astype(result.dtype).reshape(result.shape)]
