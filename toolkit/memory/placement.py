# SPDX-License-Identifier: Apache-2.0
"""Place buffers one after the other: the best of several greedy orders, in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from toolkit.memory.overlap import Separation, extent
from toolkit.memory.plan import Buffer, align

Order = Callable[[Buffer], tuple[int, ...]]
Choice = Callable[[list[tuple[int, int]]], int]

_ORDERS: tuple[Order, ...] = (
    lambda b: (-b.bytes, b.first),
    lambda b: (-b.bytes, -(b.last - b.first), b.first),
    lambda b: (-b.bytes * (b.last - b.first + 1), b.first),
    lambda b: (-(b.last - b.first), -b.bytes),
    lambda b: (b.first, -b.bytes),
    lambda b: (-b.last, -b.bytes),
)


@dataclass(frozen=True)
class Puzzle:
    """Buffers to be placed; two of them without a separation may stand anywhere."""

    buffers: Sequence[Buffer]
    separations: Sequence[Separation]

    def neighbours(self) -> list[list[tuple[int, int, int]]]:
        """Return for each buffer (other, low, high): not between other's offset + low and + high."""
        found: list[list[tuple[int, int, int]]] = [[] for _ in self.buffers]
        for s in self.separations:
            found[s.second].append((s.first, s.low, s.high))
            found[s.first].append((s.second, -s.high, -s.low))
        return found

    def size(self, offsets: Sequence[int]) -> int:
        """Return the bytes of an arena with these offsets."""
        return max((o + align(b.bytes) for o, b in zip(offsets, self.buffers, strict=True)), default=0)


def step_bounds(puzzle: Puzzle) -> list[int]:
    """Return for each step the least bytes that what is needed in it can stand on; no plan needs less."""
    buffers = puzzle.buffers
    steps = max((b.last for b in buffers), default=-1) + 1
    total = [0] * steps
    for buffer in buffers:
        for step in range(buffer.first, buffer.last + 1):
            total[step] += buffer.alive_bytes(step)
    shared: dict[int, list[Separation]] = {}
    for s in puzzle.separations:
        if s.overlaps:
            shared.setdefault(buffers[s.second].first, []).append(s)
    for step, pairs in shared.items():
        total[step] -= _saving(buffers, pairs, step)
    return [align(size) for size in total]


def place_greedily(puzzle: Puzzle, enough: int) -> list[int]:
    """Return the best offsets that the orders give; stops at the first that needs no more than enough."""
    best: list[int] = []
    neighbours = puzzle.neighbours()
    for order, choose in product((*_ORDERS, _by_crowded_step(puzzle)), (_lowest, _tightest)):
        offsets = _place(puzzle, neighbours, order, choose)
        if not best or puzzle.size(offsets) < puzzle.size(best):
            best = offsets
        if puzzle.size(best) <= enough:
            break
    return best


def _saving(buffers: Sequence[Buffer], pairs: Sequence[Separation], step: int) -> int:
    """Return a bound of what a step can save by its inputs and outputs standing over each other."""
    firsts, seconds = ({getattr(s, side) for s in pairs} for side in ("first", "second"))
    if len(pairs) > 1 or any(buffers[i].parts for i in firsts | seconds):
        alive: list[int] = [sum(buffers[i].alive_bytes(step) for i in side) for side in (firsts, seconds)]
        return min(alive)
    (pair,) = pairs
    one, other = align(buffers[pair.first].bytes), align(buffers[pair.second].bytes)
    return one + other - extent(one, other, pair.low, pair.high)


def _by_crowded_step(puzzle: Puzzle) -> Order:
    """Return the order that serves the steps with the most bytes first."""
    pressure = step_bounds(puzzle)
    return lambda b: (-max(pressure[b.first : b.last + 1]), -b.bytes, b.first)


def _place(
    puzzle: Puzzle, neighbours: list[list[tuple[int, int, int]]], order: Order, choose: Choice
) -> list[int]:
    offsets = [-1] * len(puzzle.buffers)
    for index in sorted(range(len(offsets)), key=lambda i: (*order(puzzle.buffers[i]), i)):
        taken = sorted(
            (offsets[other] + low, offsets[other] + high)
            for other, low, high in neighbours[index]
            if offsets[other] >= 0
        )
        offsets[index] = choose(taken)
    return offsets


def _free(taken: list[tuple[int, int]]) -> list[int]:
    """Return the lowest place, and each that is the end of a range and in no other."""
    places = {0, *(high for _, high in taken if high > 0)}
    return sorted(p for p in places if not any(low < p < high for low, high in taken))


def _lowest(taken: list[tuple[int, int]]) -> int:
    return _free(taken)[0]


def _tightest(taken: list[tuple[int, int]]) -> int:
    """Return the place with the least room up to the next range."""

    def room(place: int) -> int | float:
        return min((low - place for low, _ in taken if low >= place), default=float("inf"))

    return min(_free(taken), key=lambda place: (room(place), place))
