# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_DELAY: int16 samples, so many samples later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import (
    option,
    option_problems,
    pointers,
    same_shape_problems,
    signal_problems,
    state_problems,
)
from toolkit.targets.target import Target

_LIMITS = {"delay_length": (0, 2**20)}


class SignalDelay(Operator):
    """Inputs are frames, each of a stream of its own, and what is still to come out of each, a state.

    The file has no tensor for the state.
    """

    kind = "SIGNAL_DELAY"
    state_inputs = (1,)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = option_problems(operation, _LIMITS)
        problems = problems or signal_problems(graph, operation, ("int16", "int16"), ("int16",))
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return same_shape_problems(source, result) + state_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source = graph.tensors[operation.inputs[0]]
        samples = source.shape[-1] if source.shape else 1
        params = {
            "channels": source.elements // samples,
            "samples": samples,
            "delay": option(operation, "delay_length"),
        }
        return KernelCall("tm_signal_delay_s16", params, pointers(operation))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, kept = inputs
        assert source is not None and kept is not None
        delay = option(operation, "delay_length")
        streams = np.concatenate([kept[:, :delay], source.reshape(len(kept), -1)], axis=1)
        samples = streams.shape[1] - delay
        kept[:, :delay] = streams[:, samples:]
        return [streams[:, :samples].reshape(source.shape)]


OPERATOR = SignalDelay()
