# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_RFFT: the Fourier transform of real int16 samples, in int16."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.lookup import Int64
from toolkit.ops.shared.operator import (
    Array,
    ConstantArgument,
    KernelCall,
    Operator,
    ScratchArgument,
    TensorArgument,
)
from toolkit.ops.shared.signal import option, option_problems, signal_problems
from toolkit.targets.target import Target

_INT16 = 7  # the schema's number of the type
_MOST_POINTS = 2**14
_ONE = 2**15 - 1


class SignalRfft(Operator):
    """Frames of samples, filled up with 0, become real and imaginary parts in turn, / fft_length.

    Pairs of samples are transformed as complex numbers of half the length, by fours and at last by twos,
    each step divided by as many; then both halves are parted.
    """

    kind = "SIGNAL_RFFT"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("int16",), ("int16",))
        problems = problems or option_problems(
            operation, {"T": (_INT16, _INT16), "fft_length": (4, _MOST_POINTS)}
        )
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        points = option(operation, "fft_length")
        if points & points - 1:
            problems.append(f"its fft_length is {points}, not a power of two")
        if not source.shape or result.shape != (*source.shape[:-1], points + 2):
            problems.append(f"its output has the shape {list(result.shape)} for {list(source.shape)}")
        elif source.shape[-1] > points:
            problems.append(f"its frames have {source.shape[-1]} samples, more than its fft_length {points}")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source = graph.tensors[operation.inputs[0]]
        points = option(operation, "fft_length")
        turns = [_turn(i / (points // 2)) for i in range(points // 2)]
        return KernelCall(
            "tm_signal_rfft_s16",
            {
                "frames": source.elements // source.shape[-1],
                "samples": source.shape[-1],
                "points": points,
            },
            (
                TensorArgument(source.id),
                ConstantArgument("turns", np.array(turns, np.int16)),
                ConstantArgument("half_turns", np.array(_half_turns(points), np.int16)),
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


def _turn(part: float) -> tuple[int, int]:
    """Return cosine and sine of a part of a turn, clockwise, / _ONE."""
    angle = -2 * math.pi * part
    return math.floor(0.5 + _ONE * math.cos(angle)), math.floor(0.5 + _ONE * math.sin(angle))


def _half_turns(points: int) -> list[tuple[int, int]]:
    return [_turn((i / (points // 2) + 0.5) / 2) for i in range(1, points // 4 + 1)]


def _held(x: Int64) -> Int64:
    return np.asarray(x, np.int64).astype(np.int16).astype(np.int64)


def _divided(x: Int64, parts: int) -> Int64:
    return _held(x * (_ONE // parts) + 2**14 >> 15)


def _product(x: Int64, turns: Int64) -> Int64:
    """Return complex products; numbers are pairs along the last dimension."""
    a, b, c, d = x[..., 0], x[..., 1], turns[..., 0], turns[..., 1]
    return _held(np.stack([a * c - b * d, a * d + b * c], axis=-1) + 2**14 >> 15)


def _transform(x: Int64) -> Int64:
    """Return the transform of complex numbers (n, 2)."""
    if len(x) == 1:
        return x
    count = 4 if len(x) % 4 == 0 else 2
    size = len(x) // count
    parts = []
    for part in range(count):
        turns = np.array([_turn(part * i / len(x)) for i in range(size)], np.int64)
        inner = _divided(_transform(x[part::count]), count)
        parts.append(inner if part == 0 else _product(inner, turns))
    if count == 2:
        return np.concatenate([_held(parts[0] + parts[1]), _held(parts[0] - parts[1])])
    a, b, c, d = parts
    even, odd, e, f = _held(a + c), _held(b + d), _held(a - c), _held(b - d)
    turned = np.stack([f[:, 1], -f[:, 0]], axis=-1)
    return np.concatenate([_held(even + odd), _held(e + turned), _held(even - odd), _held(e - turned)])


def _transform_of_real(samples: Int64) -> NDArray[np.int16]:
    points = len(samples)
    x = _transform(samples.reshape(-1, 2))
    first, size = _divided(x[0], 2), points // 4
    flip = np.array([1, -1], np.int64)
    mirror = _held(x[::-1][:size] * flip)
    ahead, behind = _divided(x[1 : size + 1], 2), _divided(mirror, 2)
    both, turned = _held(ahead + behind), _product(_held(ahead - behind), np.array(_half_turns(points)))
    out = np.zeros((points // 2 + 1, 2), np.int64)
    out[0, 0], out[-1, 0] = first[0] + first[1], first[0] - first[1]
    out[1 : size + 1] = both + turned >> 1
    out[points // 2 - size : points // 2] = ((both - turned) * flip >> 1)[::-1]
    return out.reshape(-1).astype(np.int16)


OPERATOR = SignalRfft()
