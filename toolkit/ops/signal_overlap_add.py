# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_OVERLAP_ADD: a stream of int16 samples, the sum of frames that overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.fourier import INT16_TYPE
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import option, option_problems, pointers, signal_problems, state_problems
from toolkit.targets.target import Target

_LIMITS = {"T": (INT16_TYPE, INT16_TYPE), "frame_step": (1, 2**20)}
_LEAST, _MOST = -(2**15), 2**15 - 1


class SignalOverlapAdd(Operator):
    """Inputs are frames and the sums so far of samples to come, a state that the file has no tensor for.

    Each sum is held to int16.
    """

    kind = "SIGNAL_OVERLAP_ADD"
    state_inputs = (1,)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = option_problems(operation, _LIMITS)
        problems = problems or signal_problems(graph, operation, ("int16", "int16"), ("int16",))
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        step = option(operation, "frame_step")
        if len(source.shape) < 2 or result.shape != (*source.shape[:-2], source.shape[-2] * step):
            problems.append(f"its output has the shape {list(result.shape)} for {list(source.shape)}")
        elif step > source.shape[-1]:
            problems.append(f"its frame_step is {step}, more than a frame's {source.shape[-1]} samples")
        return problems + state_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source = graph.tensors[operation.inputs[0]]
        frames, size = source.shape[-2:]
        params = {
            "channels": source.elements // (frames * size),
            "frames": frames,
            "size": size,
            "step": option(operation, "frame_step"),
        }
        return KernelCall("tm_signal_overlap_add_s16", params, pointers(operation))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, kept = inputs
        assert source is not None and kept is not None
        step = option(operation, "frame_step")
        frames, size = source.shape[-2:]
        sums = np.zeros((len(kept), size + step), np.int64)
        sums[:, : size - step] = kept[:, : size - step]
        made = []
        for frame in source.reshape(-1, frames, size).astype(np.int64).swapaxes(0, 1):
            sums[:, :size] = np.clip(sums[:, :size] + frame, _LEAST, _MOST)
            made.append(sums[:, :step].copy())
            sums[:, :size] = sums[:, step:].copy()
        kept[:, : size - step] = sums[:, : size - step]
        result = graph.tensors[operation.outputs[0]]
        return [np.concatenate(made, axis=1).astype(np.int16).reshape(result.shape)]


OPERATOR = SignalOverlapAdd()
