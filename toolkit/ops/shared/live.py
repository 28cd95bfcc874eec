# SPDX-License-Identifier: Apache-2.0
"""Which operations matter: those from which an output of the graph follows, in this run or a later one."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.registry import operators


def live_operations(graph: Graph, *, with_shapes: bool = True) -> list[Operation]:
    """Return the operations whose outputs something needs, or that change what the next run finds.

    with_shapes says whether a reshape needs the input that repeats its output's shape. What is not
    among them may be anything: nobody has looked whether it is supported, or damaged. Where passes let
    tensors share storage, who writes a part of it matters if any of it does.
    """

    def memory(ids: Iterable[int]) -> set[int]:
        return {graph.tensors[i].storage for i in ids if i >= 0}

    needed = memory(graph.outputs)
    live = []
    for operation in reversed(graph.operations):
        if needed & memory(operation.outputs) or _is_remembered(graph, operation):
            needed |= memory(operation.inputs if with_shapes else read_inputs(operation))
            live.append(operation)
    return live[::-1]


def read_inputs(operation: Operation) -> tuple[int, ...]:
    """Return the inputs that an operation's result depends on: of a reshape, not the one with the shape."""
    return operation.inputs[:1] if operation.kind == "RESHAPE" else operation.inputs


def _is_remembered(graph: Graph, operation: Operation) -> bool:
    """Whether an operation changes what the next run finds."""
    operator = operators().get(operation.kind)
    touched = any(t is not None and t.is_state for t in graph.input_tensors(operation))
    return touched and (operator is None or operator.changes_states)
