# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_PCAN: per-channel amplitude normalization: a gain that falls with the noise, then compression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import option, option_problems, pointers, same_shape_problems, signal_problems
from toolkit.targets.target import Target

_LIMITS = {"snr_shift": (0, 63)}
_GAINS = 125
_WORD = 2**32


class SignalPcan(Operator):
    """Inputs are the channels, the noise in them, and a table of gains by the noise.

    The table has the gains of 0, 1 and 2, and for each power of two a parabola of three numbers and a gap.
    """

    kind = "SIGNAL_PCAN"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("uint32", "uint32", "int16"), ("uint32",))
        if problems:
            return problems
        source, noise, gains = (graph.tensors[i] for i in operation.inputs)
        if gains.elements < _GAINS:
            problems.append(f"its table has {gains.elements} gains, not {_GAINS}")
        problems += same_shape_problems(source, noise, graph.tensors[operation.outputs[0]])
        return problems + option_problems(operation, _LIMITS)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        channels = graph.tensors[operation.inputs[0]].elements
        return KernelCall(
            "tm_signal_pcan_u32",
            {"channels": channels, "snr_shift": option(operation, "snr_shift")},
            pointers(operation),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, noise, table = inputs
        assert source is not None and noise is not None and table is not None
        gains = [int(gain) for gain in table.reshape(-1)]
        pairs = zip(source.reshape(-1), noise.reshape(-1), strict=True)
        shift = option(operation, "snr_shift")
        found = [_compressed(int(x) * (_gain(gains, int(n)) % _WORD) >> shift) for x, n in pairs]
        return [np.array(found, np.uint32).reshape(source.shape)]


def _gain(gains: Sequence[int], noise: int) -> int:
    """Return a + b * f + c * f**2, where f is what follows noise's highest bit, in 1/1024 of it."""
    if noise <= 2:
        return gains[noise]
    bits = noise.bit_length()
    a, b, c = gains[4 * bits - 6 : 4 * bits - 3]
    fraction = (noise << 11 - bits if bits < 11 else noise >> bits - 11) % 1024
    gain = (((c * fraction >> 5) + b * 32) * fraction + 2**14 >> 15) + a
    return (gain + 2**15) % 2**16 - 2**15  # goes round


def _compressed(ratio: int) -> int:
    """Return a parabola of the ratio below 2, a line from there on; 12 bits of fraction become 6."""
    ratio %= _WORD
    return ratio * ratio % _WORD >> 20 if ratio < 2 << 12 else (ratio >> 6) - 64


OPERATOR = SignalPcan()
