# SPDX-License-Identifier: Apache-2.0
"""What LOGICAL_AND and LOGICAL_OR share: two bool tensors that broadcast, and a table of truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.broadcast import broadcast_problems
from toolkit.ops.shared.elementwise import planned_call
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, Walk
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target

_MOST_DIMENSIONS = 4


class LogicalOperator(Operator):
    """A function of two truths."""

    is_elementwise = True
    truth: tuple[bool, bool, bool, bool]
    """The result for neither, only the second, only the first, and both being true."""

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        left, right = (graph.tensors[i] for i in operation.inputs)
        result = graph.tensors[operation.outputs[0]]
        for name, tensor in (("first input", left), ("second input", right), ("output", result)):
            if tensor.dtype != "bool":
                problems.append(f"its {name} is {tensor.dtype}, not bool")
        return problems + broadcast_problems(left.shape, right.shape, result.shape, _MOST_DIMENSIONS)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        left, right = operation.inputs
        params = {"truth": sum(bit << place for place, bit in enumerate(self.truth))}
        return planned_call(graph, "tm_logical", (left, right), operation.outputs[0], params)

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        left, right = inputs
        assert left is not None and right is not None
        both = 2 * left.astype(np.bool_).astype(np.int64) + right.astype(np.bool_)
        return [np.array(self.truth)[both]]
