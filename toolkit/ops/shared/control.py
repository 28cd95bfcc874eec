# SPDX-License-Identifier: Apache-2.0
"""What WHILE and IF share: a pass puts their subgraphs in their place, so that none is ever lowered."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import KernelCall, Operator
from toolkit.targets.target import Target

WHY_KEPT = "why_kept"
"""An option of an operation whose subgraphs the pass left where they are: the reason, a phrase."""


class ControlOperator(Operator):
    """One that is still there when it comes to be compiled cannot be; advice is what to do about it."""

    advice: str

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        why = operation.options.get(WHY_KEPT, "what it runs is not in its place")
        return [f"{why}; {self.advice}"]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        raise NotImplementedError(operation.kind)
