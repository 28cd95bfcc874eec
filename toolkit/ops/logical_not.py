# SPDX-License-Identifier: Apache-2.0
"""LOGICAL_NOT on bool."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.lookup import Int64, TableOperator
from toolkit.ops.shared.operands import count_problems, shape_problems


class LogicalNot(TableOperator):
    """1 for 0, 0 for all else."""

    kind = "LOGICAL_NOT"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        for name, tensor in (("input", source), ("output", result)):
            if tensor.dtype != "bool":
                problems.append(f"its {name} is {tensor.dtype}, not bool")
        return problems + shape_problems(source, result)

    def table(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        return np.equal(x, 0).astype(np.int64)


OPERATOR = LogicalNot()
