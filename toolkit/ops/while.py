# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: N999 (a file is called as its operator is)
"""WHILE: a body that runs for as long as a condition says, each of them a subgraph."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.control import ControlOperator
from toolkit.ops.shared.evaluate import evaluate
from toolkit.ops.shared.operator import Array


class While(ControlOperator):
    """The tensors that the body makes are what the condition and the next turn see."""

    kind = "WHILE"
    advice = "fix the number of its turns when the model is converted, or make them fewer"

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        condition, body = graph.called_graphs(operation)
        carried = [value for value in inputs if value is not None]
        while evaluate(condition, carried)[0].any():
            carried = evaluate(body, carried)
        return carried


OPERATOR = While()
