# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_WINDOW: samples times a window, in int16."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import option, option_problems, pointers, signal_problems
from toolkit.targets.target import Target

_LIMITS = {"shift": (0, 15)}


class SignalWindow(Operator):
    """Inputs are frames and the window: products / 2**shift, towards minus infinity, held to int16."""

    kind = "SIGNAL_WINDOW"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("int16", "int16"), ("int16",))
        if problems:
            return problems
        source, window = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        if source.shape != result.shape or source.shape[-1:] != window.shape:
            shapes = ", ".join(str(list(t.shape)) for t in (source, window, result))
            problems.append(f"its input, window and output have the shapes {shapes}")
        return problems + option_problems(operation, _LIMITS)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, window = (graph.tensors[i] for i in operation.inputs)
        return KernelCall(
            "tm_signal_window_s16",
            {
                "frames": source.elements // window.elements,
                "samples": window.elements,
                "shift": option(operation, "shift"),
            },
            pointers(operation),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, window = inputs
        assert source is not None and window is not None
        products = source.astype(np.int64) * window.astype(np.int64) >> option(operation, "shift")
        return [np.clip(products, -(2**15), 2**15 - 1).astype(np.int16)]


OPERATOR = SignalWindow()
