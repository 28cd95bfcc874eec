# SPDX-License-Identifier: Apache-2.0
"""Exact search for the smallest arena: branch over who stands below whom.

Two buffers with a separation stand one way round or the other. Once this is decided for all pairs,
the least offsets are longest paths. So the search takes the least offsets for what is decided so
far, finds a pair that they violate, and tries both ways; bounds from both ends of the arena decide
many pairs by themselves. It counts its work instead of looking at a clock: the same puzzle gives
the same plan on every machine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from toolkit.memory.overlap import Separation
from toolkit.memory.placement import Puzzle
from toolkit.memory.plan import ALIGNMENT, align

# Looks at a pair; a million of them take about half a second. Whether a pair is violated is seen sooner.
_WORK = 1_500_000
_LOOKS = 8
_OPEN, _ABOVE, _BELOW, _NONE = range(4)


def improve(puzzle: Puzzle, offsets: list[int], bound: int) -> tuple[list[int], bool]:
    """Return the best offsets found, at least as good as the given, and whether none are better.

    No plan needs less than bound.
    """
    search = _Search(puzzle)
    best, size = offsets, puzzle.size(offsets)
    while size > bound:
        found = search.place(size - ALIGNMENT)
        if found is None:
            return best, search.work > 0
        best, size = found, puzzle.size(found)
    return best, True


class _Node:
    """What is decided: the place of second is open, above or below for each pair, and each offset's range."""

    def __init__(self, ways: list[int], lows: list[int], highs: list[int]) -> None:
        self.ways = ways
        self.lows = lows
        self.highs = highs

    def with_way(self, pair: int, way: int) -> _Node:
        ways = [*self.ways[:pair], way, *self.ways[pair + 1 :]]
        return _Node(ways, list(self.lows), list(self.highs))


class _Search:
    def __init__(self, puzzle: Puzzle) -> None:
        self.puzzle = puzzle
        self.work = _WORK
        self.pairs = sorted(puzzle.separations, key=self._weight)
        self.pairs_of: list[list[int]] = [[] for _ in puzzle.buffers]
        for place, pair in enumerate(self.pairs):
            self.pairs_of[pair.first].append(place)
            self.pairs_of[pair.second].append(place)

    def place(self, size: int) -> list[int] | None:
        """Return offsets within an arena of size bytes, or None: there are none, or it gave up."""
        highs = [size - align(b.bytes) for b in self.puzzle.buffers]
        if min(highs, default=0) < 0:
            return None
        root = _Node([_OPEN] * len(self.pairs), [0] * len(highs), highs)
        stack: list[tuple[_Node, Iterable[int]]] = [(root, range(len(self.pairs)))]
        while stack and self.work > 0:
            node, changed = stack.pop()
            if not self._settle(node, changed):
                continue
            violated = self._first_violated(node.lows)
            if violated is None:
                return node.lows
            stack += [(branch, (violated,)) for branch in self._branches(node, violated)]
        return None

    def _first_violated(self, offsets: list[int]) -> int | None:
        for place, pair in enumerate(self.pairs):
            if pair.low < offsets[pair.second] - offsets[pair.first] < pair.high:
                self.work -= place // _LOOKS
                return place
        self.work -= len(self.pairs) // _LOOKS
        return None

    def _weight(self, pair: Separation) -> tuple[int, int, int]:
        buffers = self.puzzle.buffers
        return -(buffers[pair.first].bytes + buffers[pair.second].bytes), pair.first, pair.second

    def _branches(self, node: _Node, place: int) -> list[_Node]:
        """Return both ways for a pair, the one that lifts a buffer less at the end."""
        pair = self.pairs[place]
        distance = node.lows[pair.second] - node.lows[pair.first]
        above, below = node.with_way(place, _ABOVE), node.with_way(place, _BELOW)
        return [below, above] if pair.high - distance <= distance - pair.low else [above, below]

    def _settle(self, node: _Node, changed: Iterable[int]) -> bool:
        """Narrow the ranges, from the pairs that changed on, until nothing changes; return whether there can
        be a solution. The order in which pairs are looked at makes no difference to what comes out.
        """
        waiting = deque(changed)
        is_waiting = [False] * len(self.pairs)
        while waiting:
            place = waiting.popleft()
            is_waiting[place] = False
            self.work -= 1
            pair = self.pairs[place]
            way = node.ways[place]
            if way == _OPEN:
                way = node.ways[place] = _only_way(node, pair)
                if way == _OPEN:
                    continue
                if way == _NONE:
                    return False
            for buffer in _narrow(node, way, pair):
                if node.lows[buffer] > node.highs[buffer]:
                    return False
                for other in self.pairs_of[buffer]:
                    if not is_waiting[other]:
                        is_waiting[other] = True
                        waiting.append(other)
        return True


def _only_way(node: _Node, pair: Separation) -> int:
    """Return the way of a pair if only one is left, _OPEN if both are, _NONE if none is."""
    above = node.highs[pair.second] - node.lows[pair.first] >= pair.high
    below = node.lows[pair.second] - node.highs[pair.first] <= pair.low
    if above:
        return _OPEN if below else _ABOVE
    return _BELOW if below else _NONE


def _narrow(node: _Node, way: int, pair: Separation) -> tuple[int, ...]:
    """Let the ranges of a pair follow from each other; return the buffers whose range became smaller."""
    lower, upper = (pair.first, pair.second) if way == _ABOVE else (pair.second, pair.first)
    distance = pair.high if way == _ABOVE else -pair.low
    low, high = node.lows[lower] + distance, node.highs[upper] - distance
    changed: tuple[int, ...] = ()
    if low > node.lows[upper]:
        node.lows[upper] = low
        changed = (upper,)
    if high < node.highs[lower]:
        node.highs[lower] = high
        changed = (*changed, lower)
    return changed
