# SPDX-License-Identifier: Apache-2.0
"""How far apart two buffers must stand: disjoint, or less where a kernel's walk allows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.memory.plan import ALIGNMENT, Buffer, align
from toolkit.ops.shared.operator import Walk

Steps = NDArray[np.integer[Any]]
Walks = Sequence[tuple[Walk, ...]]
"""The walks that each operation's kernel knows; none of them: its tensors must be apart."""


@dataclass(frozen=True)
class Separation:
    """offset of second - offset of first must be at most low or at least high.

    first and second are places in a list of buffers. overlaps says that the two may share bytes:
    first is the input of a step that is its last, second an output of that step.
    """

    first: int
    second: int
    low: int
    high: int
    overlaps: bool = False


def clearance(reads: Steps, writes: Steps) -> tuple[int, int]:
    """Return (before, after): an output may start that many bytes before its input, or after it.

    More is always allowed, and fewer than both of them may destroy what is still to be read. Either
    can be negative. reads and writes are those of a Walk.
    """
    size = int(max(reads.max(initial=0), writes.max(initial=0))) + 2
    far = len(reads) + len(writes)
    lowest, highest = np.full(size + 1, far), np.full(size + 1, -far)
    read = np.flatnonzero(reads >= 0)
    highest[reads[read]] = read
    lowest[reads[read[::-1]]] = read[::-1]
    lowest = np.minimum.accumulate(lowest[::-1])[::-1]
    highest = np.maximum.accumulate(highest[::-1])[::-1]
    places = np.arange(len(writes))
    before = int((places - lowest[writes + 1]).max(initial=-far)) + 1
    after = int((highest[writes + 1] - places).max(initial=-far)) + 1
    return max(before, -len(reads)), max(after, -len(writes))


def extent(first_bytes: int, second_bytes: int, low: int, high: int) -> int:
    """Return the least bytes that two buffers can stand on whose distance is at most low or at least high."""
    inside = sorted((0, first_bytes - second_bytes))
    distances = (max(high, inside[0]), min(low, inside[1]))
    return min(max(first_bytes, d + second_bytes) - min(0, d) for d in distances)


def closest(walks: Sequence[Walk], source: Tensor, result: Tensor) -> int:
    """Return the least bytes that an input and an output of an operation with these walks can stand on."""
    apart = Separation(0, 1, -result.bytes, source.bytes)
    near = _separation(apart, walks, source, result)
    return extent(source.bytes, result.bytes, near.low, near.high)


def separations(graph: Graph, buffers: Sequence[Buffer], walks: Walks) -> list[Separation]:
    """Return how far apart any two buffers must be that are needed in the same step."""
    close = {
        (s.first, s.second): s for step in range(len(walks)) for s in _close(graph, buffers, step, walks)
    }
    found = []
    for first, second in product(range(len(buffers)), repeat=2):
        if (first, second) in close:
            found.append(close[first, second])
        elif first < second and (second, first) not in close and _meet(buffers[first], buffers[second]):
            apart = _apart(buffers, first, second)
            found += [apart] if apart is not None else []
    return found


def fits(walk: Walk, source: Tensor, result: Tensor, distance: int) -> bool:
    """Return whether result may start distance bytes after source (before it, if negative)."""
    if distance >= source.bytes or -distance >= result.bytes:
        return True
    if source.id not in walk.last_reads or result.id not in walk.first_writes:
        return False
    before, after = clearance(walk.last_reads[source.id], walk.first_writes[result.id])
    return distance <= -before or distance >= after


def _meet(one: Buffer, other: Buffer) -> bool:
    return one.first <= other.last and other.first <= one.last


def _apart(buffers: Sequence[Buffer], first: int, second: int) -> Separation | None:
    """Return how far apart buffers must be for what of them is needed in the same step; None if nothing is.

    Where rows die one after the other, another buffer may grow over them.
    """
    pairs = [
        (one.start - other.end, one.end - other.start)
        for one in buffers[first].pieces
        for other in buffers[second].pieces
        if one.meets(other)
    ]
    if not pairs:
        return None
    low, high = min(low for low, _ in pairs), max(high for _, high in pairs)
    return Separation(first, second, low // ALIGNMENT * ALIGNMENT, align(high))


def _close(graph: Graph, buffers: Sequence[Buffer], step: int, walks: Walks) -> list[Separation]:
    """Return the separations of a step's inputs from its outputs where they may share bytes."""
    operation = graph.operations[step]
    places = {buffer.tensor: place for place, buffer in enumerate(buffers) if buffer.tensor >= 0}
    kept = {graph.tensors[i].storage for i in (*graph.outputs, *graph.states)}
    sources = [
        t
        for t in _arena_inputs(graph, operation)
        if t.storage not in kept and _ends(buffers, places, t, step)
    ]
    results = [t for t in graph.output_tensors(operation) if buffers[places[t.storage]].first == step]
    pairs = [(s, r) for s, r in product(sources, results) if s.storage != r.storage]
    usable = walks[step] if len(pairs) == 1 else walks[step][:1]
    found: dict[tuple[int, int], Separation] = {}
    for source, result in pairs:
        key = places[source.storage], places[result.storage]
        apart = _apart(buffers, *key)
        assert apart is not None  # both are needed in this step
        found[key] = _joined(found.get(key), _separation(apart, usable, source, result))
    return [s for s in found.values() if s.overlaps]


def _arena_inputs(graph: Graph, operation: Operation) -> list[Tensor]:
    tensors = {t.id: t for t in graph.input_tensors(operation) if t is not None and not t.is_constant}
    return list(tensors.values())


def _ends(buffers: Sequence[Buffer], places: dict[int, int], tensor: Tensor, step: int) -> bool:
    return buffers[places[tensor.storage]].last == step


def _separation(apart: Separation, walks: Sequence[Walk], source: Tensor, result: Tensor) -> Separation:
    """Return what the walks leave of apart: the kernel can be told to go by any of them."""
    shift = source.storage_offset - result.storage_offset
    low, high = apart.low, apart.high
    for walk in walks:
        if source.id in walk.last_reads and result.id in walk.first_writes:
            before, after = clearance(walk.last_reads[source.id], walk.first_writes[result.id])
            low = max(low, (shift - before) // ALIGNMENT * ALIGNMENT)
            high = min(high, align(shift + after))
    overlaps = (low, high) != (apart.low, apart.high)
    return Separation(apart.first, apart.second, low, high, overlaps)


def _joined(one: Separation | None, other: Separation) -> Separation:
    """Return what satisfies both, for tensors that are parts of the same buffers."""
    if one is None:
        return other
    low, high = min(one.low, other.low), max(one.high, other.high)
    return Separation(one.first, one.second, low, high, one.overlaps and other.overlaps)
