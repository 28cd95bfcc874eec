# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION: channels less the noise in them, which it estimates over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import option, option_problems, pointers, same_shape_problems, signal_problems
from toolkit.targets.target import Target

_FACTORS = (("smoothing", "alternate_smoothing"), ("one_minus_smoothing", "alternate_one_minus_smoothing"))
_LIMITS = {
    **{name: (0, 2**16 - 1) for pair in _FACTORS for name in pair},
    "min_signal_remaining": (0, 2**16 - 1),
    "smoothing_bits": (0, 31),
    "spectral_subtraction_bits": (0, 31),
    "clamping": (0, 1),
}


class SignalFilterBankSpectralSubtraction(Operator):
    """Inputs are the channels and the estimate so far, a state that the file has no tensor for.

    Outputs are the channels less the noise and the noise. Odd channels have factors of their own.
    """

    kind = "SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION"
    state_inputs = (1,)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("uint32", "uint32"), ("uint32", "uint32"))
        if problems:
            return problems
        source, state = (graph.tensors[i] for i in operation.inputs)
        problems += same_shape_problems(source, state, *(graph.tensors[i] for i in operation.outputs))
        if not state.is_state:
            problems.append("its estimate is not a variable")
        channels = {"num_channels": (source.elements, source.elements)}
        return problems + option_problems(operation, {**_LIMITS, **channels})

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        smoothing, one_minus = (tuple(option(operation, name) for name in pair) for pair in _FACTORS)
        return KernelCall(
            "tm_signal_spectral_subtraction_u32",
            {
                "channels": graph.tensors[operation.inputs[0]].elements,
                "smoothing": smoothing,
                "one_minus_smoothing": one_minus,
                "min_signal_remaining": option(operation, "min_signal_remaining"),
                "smoothing_bits": option(operation, "smoothing_bits"),
                "bits": option(operation, "spectral_subtraction_bits"),
                "clamping": option(operation, "clamping"),
            },
            pointers(operation),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, state = inputs
        assert source is not None and state is not None
        bits, finer = option(operation, "spectral_subtraction_bits"), option(operation, "smoothing_bits")
        odd = np.arange(source.size).reshape(source.shape) % 2
        smoothing, one_minus = (
            np.array([option(operation, name) for name in pair], np.uint64)[odd] for pair in _FACTORS
        )
        x = source.astype(np.uint64)
        signal = (x << np.uint64(finer)) & np.uint64(2**32 - 1)
        level = ((signal * smoothing + state.astype(np.uint64) * one_minus) >> np.uint64(bits)) & np.uint64(
            2**32 - 1
        )
        if option(operation, "clamping"):
            level = np.minimum(level, signal)
        remaining = np.uint64(option(operation, "min_signal_remaining"))
        least = ((x * remaining) >> np.uint64(bits)).astype(np.uint32)
        left = (np.maximum(signal, level) - level) >> np.uint64(finer)
        state[...] = level.astype(np.uint32)
        return [np.maximum(left.astype(np.uint32), least), level.astype(np.uint32)]


OPERATOR = SignalFilterBankSpectralSubtraction()
