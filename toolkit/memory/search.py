# SPDX-License-Identifier: Apache-2.0
"""Exact search for the smallest arena: branch over who stands below whom.

Two buffers with a separation stand one way round or the other. Once this is decided for all pairs,
the least offsets are longest paths. So the search takes the least offsets for what is decided so
far, finds a pair that they violate, and tries both ways; bounds from both ends of the arena decide
many pairs by themselves. It counts its work instead of looking at a clock: the same puzzle gives
the same plan on every machine.
"""

from __future__ import annotations

from toolkit.memory.overlap import Separation
from toolkit.memory.placement import Puzzle
from toolkit.memory.plan import ALIGNMENT, align

# Looks at a pair; a million of them take about half a second.
_WORK = 4_000_000
_OPEN, _ABOVE, _BELOW = range(3)


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

    def place(self, size: int) -> list[int] | None:
        """Return offsets within an arena of size bytes, or None: there are none, or it gave up."""
        highs = [size - align(b.bytes) for b in self.puzzle.buffers]
        stack = [_Node([_OPEN] * len(self.pairs), [0] * len(highs), highs)]
        while stack and self.work > 0:
            node = stack.pop()
            if not self._settle(node):
                continue
            violated = [i for i, s in enumerate(self.pairs) if not _holds(s, node.lows)]
            if not violated:
                return node.lows
            stack += self._branches(node, violated[0])
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

    def _settle(self, node: _Node) -> bool:
        """Narrow the ranges until nothing changes; return whether there can be a solution."""
        changed = True
        while changed:
            changed = False
            self.work -= len(self.pairs)
            for place, pair in enumerate(self.pairs):
                if node.ways[place] == _OPEN and not _decide(node, place, pair):
                    return False
                changed |= _narrow(node, node.ways[place], pair)
            if any(low > high for low, high in zip(node.lows, node.highs, strict=True)):
                return False
        return True


def _holds(pair: Separation, offsets: list[int]) -> bool:
    distance = offsets[pair.second] - offsets[pair.first]
    return distance <= pair.low or distance >= pair.high


def _decide(node: _Node, place: int, pair: Separation) -> bool:
    """Choose the way of a pair if only one is left; return whether one is."""
    above = node.highs[pair.second] - node.lows[pair.first] >= pair.high
    below = node.lows[pair.second] - node.highs[pair.first] <= pair.low
    if above != below:
        node.ways[place] = _ABOVE if above else _BELOW
    return above or below


def _narrow(node: _Node, way: int, pair: Separation) -> bool:
    """Let the ranges of a pair follow from each other; return whether one became smaller."""
    if way == _OPEN:
        return False
    lower, upper = (pair.first, pair.second) if way == _ABOVE else (pair.second, pair.first)
    distance = pair.high if way == _ABOVE else -pair.low
    low = max(node.lows[upper], node.lows[lower] + distance)
    high = min(node.highs[lower], node.highs[upper] - distance)
    changed = (low, high) != (node.lows[upper], node.highs[lower])
    node.lows[upper], node.highs[lower] = low, high
    return changed
