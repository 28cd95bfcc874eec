# SPDX-License-Identifier: Apache-2.0
"""Place buffers in one arena: the best of several greedy orders.

Each order places one buffer after the other into the lowest or the tightest gap between those it
meets in time. Which order is best depends on the network, and all of them together take
milliseconds. The plan is checked elsewhere (memory.check), so this file may be clever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from toolkit.ir.graph import Graph
from toolkit.memory.lifetimes import buffer_lifetimes
from toolkit.memory.plan import ALIGNMENT, Buffer, MemoryPlan, Placement, Scratch, align

_ORDERS: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
    lambda b: (-b.bytes, b.first),
    lambda b: (-b.bytes, -(b.last - b.first), b.first),
    lambda b: (-b.bytes * (b.last - b.first + 1), b.first),
    lambda b: (-(b.last - b.first), -b.bytes),
    lambda b: (b.first, -b.bytes),
    lambda b: (-b.last, -b.bytes),
)


def plan_memory(graph: Graph, scratch: Scratch) -> MemoryPlan:
    """Return where each tensor and scratch buffer of graph stands; scratch has an entry a step."""
    return place_buffers(buffer_lifetimes(graph, scratch))


def place_buffers(buffers: Sequence[Buffer]) -> MemoryPlan:
    """Return the smallest plan that the greedy orders find; the same buffers give the same plan."""
    bound = lower_bound(buffers)
    best: dict[int, int] = {}
    best_bytes = -1
    for order, choose in product((*_ORDERS, _by_crowded_step(buffers)), (_lowest, _tightest)):
        offsets = _place(buffers, order, choose)
        size = max((offsets[i] + align(b.bytes) for i, b in enumerate(buffers)), default=0)
        if best_bytes < 0 or size < best_bytes:
            best, best_bytes = offsets, size
        if best_bytes == bound:
            break
    placements = tuple(Placement(buffer, best[i]) for i, buffer in enumerate(buffers))
    return MemoryPlan(placements, max(best_bytes, ALIGNMENT), max(bound, ALIGNMENT))


def lower_bound(buffers: Sequence[Buffer]) -> int:
    """Return the bytes of the step that needs the most: no plan can do with less."""
    return max(_pressure(buffers), default=0)


def _pressure(buffers: Sequence[Buffer]) -> list[int]:
    steps = max((b.last for b in buffers), default=-1) + 1
    return [sum(align(b.bytes) for b in buffers if b.first <= step <= b.last) for step in range(steps)]


def _by_crowded_step(buffers: Sequence[Buffer]) -> Callable[[Buffer], tuple[int, ...]]:
    """Return the order that serves the steps with the most bytes first."""
    pressure = _pressure(buffers)
    return lambda b: (-max(pressure[b.first : b.last + 1]), -b.bytes, b.first)


def _place(
    buffers: Sequence[Buffer],
    order: Callable[[Buffer], tuple[int, ...]],
    choose: Callable[[list[tuple[int, int]], int], int],
) -> dict[int, int]:
    """Return the offset of each buffer by its place in buffers."""
    offsets: dict[int, int] = {}
    for index in sorted(range(len(buffers)), key=lambda i: (*order(buffers[i]), i)):
        buffer = buffers[index]
        taken = sorted(
            (offset, offset + align(buffers[i].bytes))
            for i, offset in offsets.items()
            if buffers[i].meets(buffer)
        )
        offsets[index] = choose(taken, align(buffer.bytes))
    return offsets


def _gaps(taken: list[tuple[int, int]]) -> list[tuple[int, Any]]:
    """Return (start, length) of the gaps between taken ranges; the last one has no end."""
    gaps: list[tuple[int, Any]] = []
    end = 0
    for start, stop in taken:
        if start > end:
            gaps.append((end, start - end))
        end = max(end, stop)
    return [*gaps, (end, float("inf"))]


def _lowest(taken: list[tuple[int, int]], size: int) -> int:
    return next(start for start, length in _gaps(taken) if length >= size)


def _tightest(taken: list[tuple[int, int]], size: int) -> int:
    return min((length, start) for start, length in _gaps(taken) if length >= size)[1]
