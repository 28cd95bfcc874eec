# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_FILTER_BANK_SQUARE_ROOT: roots of uint64 numbers, scaled back."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.signal import pointers, same_shape_problems, signal_problems
from toolkit.targets.target import Target


class SignalFilterBankSquareRoot(Operator):
    """Inputs are the numbers and by how many bits the roots are shifted to the right.

    Roots are to the nearest, but that of a number of 32 bits has at most 16.
    """

    kind = "SIGNAL_FILTER_BANK_SQUARE_ROOT"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("uint64", "int32"), ("uint32",))
        if problems:
            return problems
        source, bits = (graph.tensors[i] for i in operation.inputs)
        if bits.shape:
            problems.append(f"its number of bits has the shape {list(bits.shape)}")
        return problems + same_shape_problems(source, graph.tensors[operation.outputs[0]])

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        return KernelCall(
            "tm_signal_square_root_u64",
            {"elements": graph.tensors[operation.inputs[0]].elements},
            pointers(operation),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, bits = inputs
        assert source is not None and bits is not None
        shift = int(bits.reshape(-1)[0]) & 31
        roots = [_root(int(x)) >> shift for x in source.reshape(-1)]
        return [np.array(roots, np.uint32).reshape(source.shape)]


def _root(x: int) -> int:
    low = isqrt(x)
    return min(low + (x - low * low > low), 2**16 - 1 if x < 2**32 else 2**32 - 1)


OPERATOR = SignalFilterBankSquareRoot()
