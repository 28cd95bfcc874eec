# SPDX-License-Identifier: Apache-2.0
"""From the first to the last step in which each buffer of a graph, and each part of it, is needed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from toolkit.ir.graph import Graph
from toolkit.memory.plan import Buffer, Piece, Scratch


def buffer_lifetimes(graph: Graph, scratch: Scratch) -> list[Buffer]:
    """Return every buffer that the arena must hold: tensors by id, then scratch by step.

    A tensor is alive from its writer to its last reader; tensors that share a storage are one
    buffer, of which each byte is needed as long as one of them is. Graph inputs are written before
    step 0, graph outputs are kept through the last step, and states from the first to the last.
    An input's place is free after its last reader: the engine's interface lets it be overwritten.
    """
    uses: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}

    def use(tensor_id: int, step: int) -> None:
        if tensor_id >= 0 and not graph.tensors[tensor_id].is_constant:
            tensor = graph.tensors[tensor_id]
            spans = uses.setdefault(tensor.storage, {})
            place = tensor.storage_offset, tensor.storage_offset + tensor.bytes
            first, _ = spans.get(place, (step, step))
            spans[place] = first, step

    for tensor_id in (*graph.inputs, *graph.states):
        use(tensor_id, 0)
    for step, operation in enumerate(graph.operations):
        for tensor_id in (*operation.inputs, *operation.outputs):
            use(tensor_id, step)
    for tensor_id in (*graph.outputs, *graph.states):
        use(tensor_id, max(0, len(graph.operations) - 1))
    tensors = [
        _buffer(i, graph.tensors[i].bytes, [Piece(*place, *span) for place, span in uses[i].items()])
        for i in sorted(uses)
    ]
    return tensors + [
        Buffer(size, step, step, scratch=place)
        for step, sizes in enumerate(scratch)
        for place, size in enumerate(sizes)
    ]


def _buffer(tensor_id: int, size: int, uses: Sequence[Piece]) -> Buffer:
    """Return the buffer of a storage whose bytes are needed as uses say, one of which may cover another."""
    edges = sorted({edge for use in uses for edge in (use.start, use.end)})
    parts: list[Piece] = []
    for start, end in pairwise(edges):
        over = [use for use in uses if use.start <= start and end <= use.end]
        if over:
            piece = Piece(start, end, min(use.first for use in over), max(use.last for use in over))
            before = parts[-1] if parts else None
            if before and (before.end, before.first, before.last) == (start, piece.first, piece.last):
                piece = Piece(parts.pop().start, end, piece.first, piece.last)
            parts.append(piece)
    first, last = min(use.first for use in uses), max(use.last for use in uses)
    is_whole = parts in ([], [Piece(0, size, first, last)])
    return Buffer(size, first, last, tensor=tensor_id, parts=() if is_whole else tuple(parts))
