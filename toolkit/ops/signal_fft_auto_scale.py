# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_FFT_AUTO_SCALE: int16 samples shifted to the left as far as they can be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import pointers, same_shape_problems, signal_problems
from toolkit.targets.target import Target


class SignalFftAutoScale(Operator):
    """Outputs are the shifted samples and the number of bits."""

    kind = "SIGNAL_FFT_AUTO_SCALE"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("int16",), ("int16", "int32"))
        if problems:
            return problems
        source = graph.tensors[operation.inputs[0]]
        result, bits = (graph.tensors[i] for i in operation.outputs)
        if len(source.shape) != 1 or bits.shape:
            problems.append(f"its input has the shape {list(source.shape)}, its bits {list(bits.shape)}")
        return problems + same_shape_problems(source, result)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        return KernelCall(
            "tm_signal_fft_auto_scale_s16",
            {"samples": graph.tensors[operation.inputs[0]].elements},
            pointers(operation),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (source,) = inputs
        assert source is not None
        largest = int(np.abs(source.astype(np.int64)).max())
        bits = max(15 - largest.bit_length(), 0) if largest else 0
        return [(source.astype(np.int64) << bits).astype(np.int16), np.array(bits, np.int32)]


OPERATOR = SignalFftAutoScale()
