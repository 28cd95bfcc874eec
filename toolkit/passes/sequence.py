# SPDX-License-Identifier: Apache-2.0
"""The passes in their order, with the graph checked after each."""

from __future__ import annotations

from collections.abc import Callable

from toolkit.ir.graph import Graph
from toolkit.ir.rules import check_graph
from toolkit.passes import (
    dilate,
    drop_channels,
    drop_dead,
    fold_clamps,
    fold_constants,
    fold_pad,
    merge_elementwise,
    quantized_ends,
    share_parts,
    share_reshape,
    static_reshape,
    stream,
    unroll,
)

Passes = tuple[tuple[str, Callable[[Graph], Graph]], ...]

_DROPPING = "drop_channels"
# Passes of any graph: they look before they index, and leave alone what they do not understand.
_CLEANING: Passes = (
    ("unroll", unroll.run),
    ("fold_constants", fold_constants.run),
    ("static_reshape", static_reshape.run),
    ("dilate", dilate.run),
    ("drop_dead", drop_dead.run),
)
# Passes of a graph whose operations can all be compiled.
_IMPROVING: Passes = (
    ("quantized_ends", quantized_ends.run),
    ("fold_pad", fold_pad.run),
    (_DROPPING, drop_channels.run),
    ("merge_elementwise", merge_elementwise.run),
    ("fold_clamps", fold_clamps.run),
)
# What lets tensors share memory comes after the passes that change what is computed.
_JOINING: Passes = (("share_reshape", share_reshape.run),)
# Less to do as well, but not always less to store.
_SHARING: Passes = (("share_parts", share_parts.run),)


def clean(graph: Graph) -> Graph:
    """Return graph without what is not needed, be it supported or not."""
    return _run(_CLEANING, graph)


def improve(graph: Graph, *, keeps_channels: bool = False, hop: int | None = None) -> Graph:
    """Return graph with less to do and to store; all its operations must be ones that can be compiled.

    With keeps_channels none is left out, even if these weights never use it. With a hop it goes over a
    window that slides by so many rows, 0: as few as possible (toolkit/passes/stream.py).
    """
    passes = tuple(each for each in _IMPROVING if not (keeps_channels and each[0] == _DROPPING))
    improved = _run(passes, graph)
    if hop is not None:
        improved = stream.run(improved, hop)
        check_graph(improved, "stream")
    return _run(_JOINING, improved)


def forms(graph: Graph, *, keeps_channels: bool = False, hop: int | None = None) -> list[Graph]:
    """Return the forms of an improved graph of which one needs the least memory, the fastest first."""
    improved = improve(graph, keeps_channels=keeps_channels, hop=hop)
    shared = _run(_SHARING, improved)
    return [shared, improved] if len(shared.operations) < len(improved.operations) else [improved]


def _run(passes: Passes, graph: Graph) -> Graph:
    for name, run in passes:
        graph = run(graph)
        check_graph(graph, name)
    return graph
