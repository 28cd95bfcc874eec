# SPDX-License-Identifier: Apache-2.0
"""Average and maximum over a window: one operator class, with a kernel for each and each width."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation
from toolkit.ops.shared.activation import activation_problems, activation_range
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of, straight
from toolkit.ops.shared.operands import (
    SUFFIXES,
    WIDTHS,
    count_problems,
    quantized_problems,
    same_quantization_problems,
    wide_zero_point_problems,
)
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument, Walk
from toolkit.ops.shared.walk import window_walks
from toolkit.ops.shared.window import Window, window_of, window_problems
from toolkit.targets.target import Target

Int64 = NDArray[np.int64]
_MOST_ELEMENTS = 2**24
# Of int16 in one sum of 32 bits; the elements alone bound those of int8.
_MOST_WIDE_TAPS = 2**16 - 1


class Pool(Operator):
    """A window over each channel; the output has the input's quantization."""

    kernel: str
    """The kernel's name without the suffix of its type."""

    @abstractmethod
    def combine(self, taps: Int64) -> Int64:
        """Return the output, (batches, channels), of the taps inside, (taps, batches, channels)."""

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        """Return why this is not a pool over int8 or int16 whose output agrees with its input."""
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        problems = [
            *quantized_problems("input", source, WIDTHS),
            *quantized_problems("output", result, (source.dtype,) if source.dtype in WIDTHS else WIDTHS),
        ]
        problems = problems or wide_zero_point_problems(source, result)
        if problems:
            return problems
        problems = window_problems(operation, source, result, _kernel(operation))
        if problems:
            return problems
        if source.shape[3] != result.shape[3]:
            problems.append(f"it has {source.shape[3]} channels in and {result.shape[3]} out")
        taps = [min(pair) for pair in zip(_kernel(operation), source.shape[1:3], strict=True)]
        is_large = source.dtype == "int16" and taps[0] * taps[1] > _MOST_WIDE_TAPS
        if source.elements >= _MOST_ELEMENTS or is_large:
            problems.append("its sums can exceed 32 bits")
        problems += same_quantization_problems(source, result)
        return problems + activation_problems(operation, result)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        """Return the call of the kernel."""
        source, result = operation.inputs[0], operation.outputs[0]
        least, most = activation_range(operation, graph.tensors[result])
        return KernelCall(
            kernel=f"{self.kernel}_{SUFFIXES[graph.tensors[source].dtype]}",
            params={"window": _window(graph, operation).values(), "least": least, "most": most},
            arguments=(TensorArgument(source), TensorArgument(result)),
        )

    def window(self, graph: Graph, operation: Operation) -> Window:
        """Return the window."""
        return _window(graph, operation)

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        return (straight(0, channels_of(graph.tensors[operation.inputs[0]])),)

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return window_walks(source, result, _window(graph, operation), source.shape[3])

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        """Return the pooled input."""
        window, result = _window(graph, operation), graph.tensors[operation.outputs[0]]
        source = inputs[0]
        assert source is not None
        output = np.zeros(result.shape, dtype=np.int64)
        for y, x in np.ndindex(window.out_h, window.out_w):
            taps = [source[:, in_y, in_x] for _, _, in_y, in_x in window.inside(y, x)]
            output[:, y, x] = self.combine(np.array(taps, dtype=np.int64))
        return [np.clip(output, *activation_range(operation, result)).astype(result.dtype)]


def _kernel(operation: Operation) -> tuple[int, int]:
    sizes = [operation.options.get(name, 0) for name in ("filter_height", "filter_width")]
    height, width = (size if isinstance(size, int) else 0 for size in sizes)
    return height, width


def _window(graph: Graph, operation: Operation) -> Window:
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    window = window_of(operation, source, result, _kernel(operation))
    return window.in_bytes(DTYPE_BYTES[source.dtype])
