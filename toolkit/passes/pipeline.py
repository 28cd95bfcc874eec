# SPDX-License-Identifier: Apache-2.0
"""The passes in their order, with the graph checked after each."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.ir.check import check_graph
from toolkit.ir.graph import Graph
from toolkit.passes import drop_dead, share_reshape

Pass = Callable[[Graph], Graph]

PASSES: tuple[tuple[str, Pass], ...] = (
    ("drop_dead", drop_dead.run),
    ("share_reshape", share_reshape.run),
)


def run_passes(graph: Graph) -> Graph:
    """Return graph after all passes; all its operations must be ones that can be compiled."""
    for name, run in PASSES:
        graph = run(graph)
        check_graph(graph, name)
    return graph
