# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_IRFFT: int16 samples from their Fourier transform, the other way round from SIGNAL_RFFT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.fourier import FLIP, divided, half_turns, held, product, transform, turns
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.signal import fourier_problems, option, signal_problems
from toolkit.targets.target import Target

_WAY = 1


class SignalIrfft(Operator):
    """Frames of real and imaginary parts in turn become samples, / fft_length.

    Both halves are joined to complex numbers, whose inverse transform is pairs of samples.
    """

    kind = "SIGNAL_IRFFT"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("int16",), ("int16",)) or fourier_problems(operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        points = option(operation, "fft_length")
        if source.shape[-1:] != (points + 2,) or result.shape != (*source.shape[:-1], points):
            problems.append(f"its output has the shape {list(result.shape)} for {list(source.shape)}")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        points = option(operation, "fft_length")
        return KernelCall(
            "tm_signal_irfft_s16",
            {
                "frames": graph.tensors[operation.outputs[0]].elements // points,
                "points": points,
            },
            (
                TensorArgument(operation.inputs[0]),
                ConstantArgument("turns", turns(points, _WAY)),
                ConstantArgument("half_turns", half_turns(points, _WAY)),
                TensorArgument(operation.outputs[0]),
            ),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (source,) = inputs
        assert source is not None
        points = option(operation, "fft_length")
        frames = source.reshape(-1, points // 2 + 1, 2).astype(np.int64)
        rows = np.array([_samples(frame) for frame in frames], np.int16)
        return [rows.reshape(*source.shape[:-1], points)]


def _samples(x: Int64) -> NDArray[np.int16]:
    half = len(x) - 1
    size = half // 2
    ahead, behind = divided(x[1 : size + 1], 2), divided(held(x[::-1][1 : size + 1] * FLIP), 2)
    both, turned = held(ahead + behind), product(held(ahead - behind), half_turns(2 * half, _WAY))
    joined = np.zeros((half, 2), np.int64)
    joined[0] = divided(held(x[0, 0] + x[-1, 0] * FLIP), 2)
    joined[1 : size + 1] = held(both + turned)
    joined[half - size :] = held((both - turned) * FLIP)[::-1]
    return transform(joined, _WAY).reshape(-1).astype(np.int16)


OPERATOR = SignalIrfft()
