# SPDX-License-Identifier: Apache-2.0
"""Operators on one tensor that are a table for int8, and have a kernel of their own for int16."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.lookup import Int64, TableOperator
from toolkit.ops.shared.operands import unary_problems, wide_zero_point_problems
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.targets.target import Target

_WIDE = ("int16",)


def is_wide(graph: Graph, operation: Operation) -> bool:
    """Return whether the operation's first input is int16; it may have none."""
    first = operation.inputs[0] if operation.inputs else -1
    return 0 <= first < len(graph.tensors) and graph.tensors[first].dtype == "int16"


class WideTableOperator(TableOperator):
    """To stand before the class that makes the table; all zero points of int16 are 0."""

    @abstractmethod
    def wide_call(self, graph: Graph, operation: Operation) -> KernelCall:
        """Return the call for int16."""

    @abstractmethod
    def wide_values(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        """Return the output's int16 numbers for the input's numbers x."""

    def wide_limits(self, graph: Graph, operation: Operation) -> list[str]:
        """Return why the scales of two int16 tensors cannot be taken."""
        return []

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        if not is_wide(graph, operation):
            return super().problems(graph, operation)
        problems = unary_problems(graph, operation, _WIDE, _WIDE)
        tensors = (graph.tensors[i] for i in (*operation.inputs, *operation.outputs))
        return problems or wide_zero_point_problems(*tensors) or self.wide_limits(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        if is_wide(graph, operation):
            return self.wide_call(graph, operation)
        return super().lower(graph, operation, target)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        value = inputs[0]
        if value is None or not is_wide(graph, operation):
            return super().reference(graph, operation, inputs)
        return [self.wide_values(graph, operation, value.astype(np.int64)).astype(np.int16)]
