# SPDX-License-Identifier: Apache-2.0
"""Small models to start fuzzing from: one for each operator of the random networks, TFLM's signal operators,
those on int32, and a few networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.loops import branching, recurrent
from support.random_elementwise import ELEMENTWISE, elementwise
from support.random_moves import MOVES, random_move
from support.random_networks import random_network
from support.signal_graphs import SIGNALS
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.ir.graph import Graph, Operation

_SEARCHED = 60
_NETWORKS = 6


def seeds() -> dict[str, bytes]:
    """Return small .tflite files by name."""
    found = {kind: random_move(kind, 0) for kind in MOVES}
    for number in range(_SEARCHED):
        graph = random_network(number)
        for operation in graph.operations:
            found.setdefault(operation.kind, _alone(graph, operation))
    found |= {f"network_{number}": random_network(number, operations=4) for number in range(_NETWORKS)}
    found |= {kind: elementwise(np.random.default_rng(0), kind) for kind in ELEMENTWISE if "_WHOLE" in kind}
    found |= {graph.operations[0].kind: graph for graph in SIGNALS}
    found |= {"while": recurrent(3), "if": branching(True)}
    return {name.lower(): write_tflite(graph) for name, graph in {**found, "small": small_graph()}.items()}


def _alone(graph: Graph, operation: Operation) -> Graph:
    """Return a graph of only this operation."""
    used = sorted({*operation.inputs, *operation.outputs} - {-1})
    ids = {old: new for new, old in enumerate(used)} | {-1: -1}
    tensors = tuple(replace(graph.tensors[i], id=ids[i], storage=ids[i]) for i in used)
    inputs, outputs = (tuple(ids[i] for i in each) for each in (operation.inputs, operation.outputs))
    known = {t.id for t in tensors if t.is_constant} | {-1}
    changing = tuple(i for i in dict.fromkeys(inputs) if i not in known)
    return Graph(
        operation.kind,
        tensors,
        (replace(operation, index=0, inputs=inputs, outputs=outputs),),
        changing,
        outputs,
    )
