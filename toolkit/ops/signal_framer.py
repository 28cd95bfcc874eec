# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_FRAMER: frames of a stream of int16 samples that overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import option, option_problems, pointers, signal_problems, state_problems
from toolkit.targets.target import Target

_MOST_SAMPLES = 2**20
_LIMITS = {"frame_size": (1, _MOST_SAMPLES), "frame_step": (1, _MOST_SAMPLES), "prefill": (0, 1)}


class SignalFramer(Operator):
    """Inputs are samples, the samples that are in no frame yet and their number: states without a tensor in
    the file. Outputs are frames and whether they are all complete.

    With prefill a stream begins with zeros, so that all are. A frame that is not complete is 0; TFLM
    leaves there what was.
    """

    kind = "SIGNAL_FRAMER"
    state_inputs = (1, 2)

    def is_undefined_in_tflm(self, graph: Graph, operation: Operation) -> bool:
        if self.problems(graph, operation):
            return False
        return _before(operation) + option(operation, "frame_step") < option(operation, "frame_size")

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = option_problems(operation, _LIMITS)
        problems = problems or signal_problems(
            graph, operation, ("int16", "int16", "int32"), ("int16", "bool")
        )
        if problems:
            return problems
        source = graph.tensors[operation.inputs[0]]
        result, flag = (graph.tensors[i] for i in operation.outputs)
        size, step = option(operation, "frame_size"), option(operation, "frame_step")
        if step > size:
            problems.append(f"its frame_step is {step}, more than its frame_size {size}")
        *streams, samples = source.shape or (1,)
        if samples % step or result.shape != (*streams, samples // step, size):
            problems.append(f"its output has the shape {list(result.shape)} for {list(source.shape)}")
        if flag.elements != 1:
            problems.append(f"its second output has {flag.elements} elements, not 1")
        return problems + state_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        result = graph.tensors[operation.outputs[0]]
        frames, size = result.shape[-2:]
        params = {
            "channels": result.elements // (frames * size),
            "frames": frames,
            "size": size,
            "step": option(operation, "frame_step"),
            "before": _before(operation),
        }
        return KernelCall("tm_signal_framer_s16", params, pointers(operation))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, kept, count = inputs
        assert source is not None and kept is not None and count is not None
        size, step, before = (
            option(operation, "frame_size"),
            option(operation, "frame_step"),
            _before(operation),
        )
        result, flag = (graph.tensors[i] for i in operation.outputs)
        here = before + int(count)
        stream = np.concatenate([kept[:, :here], source.reshape(len(kept), -1)], axis=1)
        frames = np.zeros((len(kept), result.shape[-2], size), np.int16)
        start, complete = 0, True
        for frame in range(frames.shape[1]):
            end = here + step * (frame + 1)
            if end - start >= size:
                frames[:, frame] = stream[:, start : start + size]
                start += step
            else:
                complete = False
        left = stream[:, start:]
        kept[:, : left.shape[1]] = left
        count[...] = left.shape[1] - before
        return [frames.reshape(result.shape), np.full(flag.shape, complete)]


def _before(operation: Operation) -> int:
    """Return the zeros that stand before the first sample."""
    return option(operation, "prefill") * (option(operation, "frame_size") - option(operation, "frame_step"))


OPERATOR = SignalFramer()
