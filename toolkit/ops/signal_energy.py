# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_ENERGY: the squared sizes of complex int16 numbers, in uint32."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.signal import option, option_problems, signal_problems
from toolkit.targets.target import Target


class SignalEnergy(Operator):
    """Of the bins from start_index on to before end_index. The others are 0; TFLM leaves there what was."""

    kind = "SIGNAL_ENERGY"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("int16",), ("uint32",))
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if len(source.shape) != 1 or source.shape != (2 * result.elements,):
            shapes = f"{list(source.shape)}, its output {list(result.shape)}"
            problems.append(f"its input has the shape {shapes}: no pair for each bin")
        limits = {"start_index": (0, result.elements), "end_index": (0, result.elements)}
        return problems + option_problems(operation, limits)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        params = {
            "bins": graph.tensors[operation.outputs[0]].elements,
            "start": option(operation, "start_index"),
            "end": option(operation, "end_index"),
        }
        arguments = (TensorArgument(operation.inputs[0]), TensorArgument(operation.outputs[0]))
        return KernelCall("tm_signal_energy_s16", params, arguments)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (source,) = inputs
        assert source is not None
        squares = source.astype(np.int64).reshape(-1, 2) ** 2
        energy = np.zeros(graph.tensors[operation.outputs[0]].shape, np.uint32)
        chosen = slice(option(operation, "start_index"), option(operation, "end_index"))
        energy.reshape(-1)[chosen] = squares.sum(axis=1)[chosen]
        return [energy]


OPERATOR = SignalEnergy()
