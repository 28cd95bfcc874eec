# SPDX-License-Identifier: Apache-2.0
"""Drop the operations whose outputs nothing needs."""

from __future__ import annotations

from dataclasses import replace

from toolkit.ir.graph import Graph


def run(graph: Graph) -> Graph:
    """Return graph without operations from which no output of the graph follows."""
    needed = {*graph.outputs}
    kept = []
    for operation in reversed(graph.operations):
        if needed.intersection(operation.outputs):
            needed.update(operation.inputs)
            kept.append(operation)
    return replace(graph, operations=tuple(reversed(kept)))
