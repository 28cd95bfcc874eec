# SPDX-License-Identifier: Apache-2.0
"""ASSIGN_VARIABLE: a new value for a variable, for the rest of the run and for the next ones."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.variable import copy_call, variable_problems
from toolkit.targets.target import Target


class AssignVariable(Operator):
    """Inputs are the variable and the value; there is no output."""

    kind = "ASSIGN_VARIABLE"
    state_inputs = (0,)

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2, outputs=0)
        if problems:
            return problems
        variable, value = (graph.tensors[i] for i in operation.inputs)
        return variable_problems(variable, value, "value")

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        variable, value = operation.inputs
        return copy_call(graph, value, variable)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        variable, value = inputs
        assert variable is not None and value is not None
        variable[...] = value
        return []


OPERATOR = AssignVariable()
