# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_STACKER: rows of int16 that follow each other, as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import option, option_problems, pointers, signal_problems, state_problems
from toolkit.targets.target import Target

_MOST = 2**20
_LIMITS = {
    "num_channels": (1, _MOST),
    "stacker_left_context": (0, _MOST),
    "stacker_right_context": (0, _MOST),
    "stacker_step": (1, _MOST),
}


class SignalStacker(Operator):
    """Inputs are a row, the rows that are not done with and their number: states without a tensor in the
    file. Outputs are left context, row and right context, and whether they are complete.

    Before the first row stand copies of it. A stack that is not complete is 0; TFLM leaves there what was.
    """

    kind = "SIGNAL_STACKER"
    state_inputs = (1, 2)

    def is_undefined_in_tflm(self, graph: Graph, operation: Operation) -> bool:
        if self.problems(graph, operation):
            return False
        return option(operation, "stacker_right_context") > 0 or option(operation, "stacker_step") > 1

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = option_problems(operation, _LIMITS)
        problems = problems or signal_problems(
            graph, operation, ("int16", "int16", "int32"), ("int16", "bool")
        )
        if problems:
            return problems
        source = graph.tensors[operation.inputs[0]]
        result, flag = (graph.tensors[i] for i in operation.outputs)
        rows, channels = _rows(operation), option(operation, "num_channels")
        if option(operation, "stacker_step") > rows:
            step = option(operation, "stacker_step")
            problems.append(f"its stacker_step is {step}, more than a stack's {rows} rows, where TFLM stops")
        if source.elements != channels or result.elements != rows * channels:
            problems.append(f"its output has the shape {list(result.shape)} for {list(source.shape)}")
        if flag.elements != 1:
            problems.append(f"its second output has {flag.elements} elements, not 1")
        return problems + state_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        params = {
            "channels": option(operation, "num_channels"),
            "rows": _rows(operation),
            "before": option(operation, "stacker_left_context"),
            "step": option(operation, "stacker_step"),
        }
        return KernelCall("tm_signal_stacker_s16", params, pointers(operation))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, kept, count = inputs
        assert source is not None and kept is not None and count is not None
        result, flag = (graph.tensors[i] for i in operation.outputs)
        row = source.reshape(1, -1)
        known = list(kept[: int(count) - 1]) if count else [*row] * option(operation, "stacker_left_context")
        stack = np.array([*known, *row], np.int16)
        complete = len(stack) == len(kept)
        left = stack[option(operation, "stacker_step") :] if complete else stack
        kept[: len(left)] = left
        count[...] = 1 + len(left)
        shown = stack if complete else np.zeros(kept.shape, np.int16)
        return [shown.reshape(result.shape), np.full(flag.shape, complete)]


def _rows(operation: Operation) -> int:
    """Return the rows of a stack."""
    return 1 + option(operation, "stacker_left_context") + option(operation, "stacker_right_context")


OPERATOR = SignalStacker()
