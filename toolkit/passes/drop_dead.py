# SPDX-License-Identifier: Apache-2.0
"""Drop the operations whose outputs nothing needs."""

from __future__ import annotations

from dataclasses import replace

from toolkit.ir.graph import Graph
from toolkit.ops.shared.live import live_operations


def run(graph: Graph) -> Graph:
    """Return graph without operations from which no output of the graph follows, in this run or a later."""
    return replace(graph, operations=tuple(live_operations(graph)))
