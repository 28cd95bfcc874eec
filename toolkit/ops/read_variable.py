# SPDX-License-Identifier: Apache-2.0
"""READ_VARIABLE: what a variable holds at this point of the run, copied."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator
from toolkit.ops.shared.variable import copy_call, variable_problems
from toolkit.targets.target import Target


class ReadVariable(Operator):
    """The input is the variable. Always a copy: an ASSIGN_VARIABLE may come before the last reader."""

    kind = "READ_VARIABLE"
    state_inputs = (0,)
    changes_states = False

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        variable, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return variable_problems(variable, result, "output")

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        return copy_call(graph, operation.inputs[0], operation.outputs[0])

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        assert inputs[0] is not None
        return [inputs[0].copy()]


OPERATOR = ReadVariable()
