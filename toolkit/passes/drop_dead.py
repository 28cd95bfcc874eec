# SPDX-License-Identifier: Apache-2.0
"""Drop the operations whose outputs nothing needs."""

from __future__ import annotations

from dataclasses import replace

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.registry import operators


def run(graph: Graph) -> Graph:
    """Return graph without operations from which no output of the graph follows, in this run or a later."""
    needed = {*graph.outputs}
    kept = []
    for operation in reversed(graph.operations):
        if needed.intersection(operation.outputs) or _is_remembered(graph, operation):
            needed.update(operation.inputs)
            kept.append(operation)
    return replace(graph, operations=tuple(reversed(kept)))


def _is_remembered(graph: Graph, operation: Operation) -> bool:
    """Whether an operation changes what the next run finds."""
    operator = operators().get(operation.kind)
    touched = any(t is not None and t.is_state for t in graph.input_tensors(operation))
    return touched and (operator is None or operator.changes_states)
