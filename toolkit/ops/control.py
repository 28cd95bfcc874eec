# SPDX-License-Identifier: Apache-2.0
"""What WHILE and IF share: a pass puts their subgraphs in their place, so that none is ever lowered."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.operator import KernelCall, Operator, Target


class ControlOperator(Operator):
    """One that is still there when it comes to be compiled cannot be."""

    reason: str

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return [self.reason]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        raise NotImplementedError(operation.kind)
