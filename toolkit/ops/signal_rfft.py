# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_RFFT: the Fourier transform of real int16 samples, in int16."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.fourier import FLIP, divided, half_turns, held, product, transform, turns
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operator import (
    Array,
    ConstantArgument,
    KernelCall,
    Operator,
    ScratchArgument,
    TensorArgument,
)
from toolkit.ops.shared.signal import fourier_problems, option, signal_problems
from toolkit.targets.target import Target

_WAY = -1


class SignalRfft(Operator):
    """Frames of samples, filled up with 0, become real and imaginary parts in turn, / fft_length.

    Pairs of samples are transformed as complex numbers of half the length; then both halves are parted.
    """

    kind = "SIGNAL_RFFT"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("int16",), ("int16",)) or fourier_problems(operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        points = option(operation, "fft_length")
        if not source.shape or result.shape != (*source.shape[:-1], points + 2):
            problems.append(f"its output has the shape {list(result.shape)} for {list(source.shape)}")
        elif source.shape[-1] > points:
            problems.append(f"its frames have {source.shape[-1]} samples, more than its fft_length {points}")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source = graph.tensors[operation.inputs[0]]
        points = option(operation, "fft_length")
        return KernelCall(
            "tm_signal_rfft_s16",
            {
                "frames": source.elements // source.shape[-1],
                "samples": source.shape[-1],
                "points": points,
            },
            (
                TensorArgument(source.id),
                ConstantArgument("turns", turns(points, _WAY)),
                ConstantArgument("half_turns", half_turns(points, _WAY)),
                ScratchArgument(2 * points),
                TensorArgument(operation.outputs[0]),
            ),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (source,) = inputs
        assert source is not None
        points = option(operation, "fft_length")
        frames = source.reshape(-1, source.shape[-1]).astype(np.int64)
        rows = [_transform_of_real(np.pad(row, (0, points - len(row)))) for row in frames]
        return [np.array(rows, np.int16).reshape(*source.shape[:-1], points + 2)]


def _transform_of_real(samples: Int64) -> NDArray[np.int16]:
    points = len(samples)
    x = transform(samples.reshape(-1, 2), _WAY)
    first, size = divided(x[0], 2), points // 4
    mirror = held(x[::-1][:size] * FLIP)
    ahead, behind = divided(x[1 : size + 1], 2), divided(mirror, 2)
    both, turned = held(ahead + behind), product(held(ahead - behind), half_turns(points, _WAY))
    out = np.zeros((points // 2 + 1, 2), np.int64)
    out[0, 0], out[-1, 0] = first[0] + first[1], first[0] - first[1]
    out[1 : size + 1] = both + turned >> 1
    out[points // 2 - size : points // 2] = ((both - turned) * FLIP >> 1)[::-1]
    return out.reshape(-1).astype(np.int16)


OPERATOR = SignalRfft()
