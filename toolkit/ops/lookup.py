# SPDX-License-Identifier: Apache-2.0
"""LOOKUP, which no file has: elementwise operations in a row, of which a pass made one table."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.lookup import Int64, TableOperator
from toolkit.ops.shared.merged import merged_table, merged_values


class Lookup(TableOperator):
    """What Operation.parts make, one after the other, of an 8-bit number: another one."""

    kind = "LOOKUP"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return [] if operation.parts else ["the operator is not supported"]

    def table(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        values = x.astype(graph.tensors[operation.inputs[0]].dtype)
        made = merged_values(graph, operation.parts, values.reshape(-1))
        return made.astype(np.int64).reshape(x.shape)

    def keeps_bytes(self, graph: Graph, operation: Operation) -> bool:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if source.dtype != result.dtype:
            return False
        table = merged_table(graph, operation.parts)
        return bool((table.view(np.uint8) == np.arange(len(table))).all())


OPERATOR = Lookup()
