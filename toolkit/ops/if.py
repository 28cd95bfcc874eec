# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N999 (a file is called as its operator is)
"""IF: one of two subgraphs runs."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.control import ControlOperator
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.operator import Array


class If(ControlOperator):
    """The first input chooses, the others are what the branch gets."""

    kind = "IF"
    advice = "make the choice when the model is converted, or compute both branches and SELECT_V2"

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        choice, *others = (value for value in inputs if value is not None)
        branches = graph.called_graphs(operation)
        return evaluate(branches[0 if choice.any() else 1], others)


OPERATOR = If()
