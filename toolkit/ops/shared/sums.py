# SPDX-License-Identifier: Apache-2.0
"""What MEAN and SUM share: kernels that add up and rescale."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of, straight
from toolkit.ops.shared.macs import count_macs
from toolkit.ops.shared.operands import SUFFIXES, WIDTHS, quantization_of
from toolkit.ops.shared.operator import ONLY, Array, KernelCall, Operator, ParamValue, TensorArgument, Variant
from toolkit.ops.shared.reduction import gone_axes, reduced_count, reduction_params, reduction_problems
from toolkit.ops.shared.requantize import requantize
from toolkit.ops.shared.variants import VariedOperator
from toolkit.targets.target import Target

_MOST_ADDENDS = {"int8": 2**23, "int16": 2**16}
# About what an element of the input and one of the output take on a Cortex-M4, four neighbours at a time and
# one at a time.
_FOURS_CYCLES, _SMALL_CYCLES = (2.5, 70), (7, 45)
# The code for four is worth its flash if it saves a thousandth of a model's time; a product takes one and a
# half cycles or more (docs/benchmarks.md).
_CLEAR = 0.0015


class SumOperator(VariedOperator):
    """Inputs are the values and the axes to add up over, negative ones counted from the last."""

    walks = Operator.walks

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

    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        source, axes = graph.tensors[operation.inputs[0]], reduction_params(graph, operation)
        call = partial(self._call, graph, operation)
        usual = partial(call, f"tm_mean_{SUFFIXES[source.dtype]}", axes)
        single = _single(axes)
        if source.dtype != "int8" or single is None:
            return (Variant(ONLY, 0, 0, usual, tuple),)
        result = graph.tensors[operation.outputs[0]]
        fours, little = (a * source.elements + b * result.elements for a, b in (_FOURS_CYCLES, _SMALL_CYCLES))
        is_worthwhile = little - fours > _CLEAR * sum(count_macs(graph, each) for each in graph.operations)
        return (
            Variant("fours", fours, 0, usual, tuple, is_worthwhile),
            Variant("small", little, 0, partial(call, "tm_mean_small_s8", single), tuple),
        )

    def _call(
        self, graph: Graph, operation: Operation, kernel: str, axes: dict[str, ParamValue]
    ) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        multiplier, shift = self.scale(graph, operation)
        params = axes | {"multiplier": multiplier, "shift": shift}
        if source.dtype == "int8":
            params["start"] = -quantization_of(source).zero_point * reduced_count(graph, operation)
            params["zero_point"] = quantization_of(result).zero_point
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


def _single(axes: dict[str, ParamValue]) -> dict[str, ParamValue] | None:
    """Return the parameters with one axis that stays and one that goes; None if there are more."""
    last: dict[str, ParamValue] = {}
    for name, values in axes.items():
        assert isinstance(values, tuple)
        *others, last[name] = values
        if not name.endswith("_step") and set(others) != {1}:
            return None
    return last
