# SPDX-License-Identifier: Apache-2.0
"""The order of operations that needs the least memory at once, where a graph branches.

Goes through the sets of operations that can have run, smallest first, and keeps for each the order
that got there with the lowest peak. Where there are too many sets it keeps the best ones, and none that
needs as much as the order that is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.memory.overlap import Walks, closest
from toolkit.memory.plan import Scratch, align

_MOST_SETS = 100
# How often an operation is tried after a set, in all: long graphs of many branches keep fewer sets.
_MOST_TRIED = 60_000
# Operations with effects beside their outputs keep their places, and so do all others then.
_EFFECTS = ("WHILE", "IF")


@dataclass(frozen=True)
class _Work:
    """An operation as far as memory goes: masks have a bit for each storage, needs for each operation."""

    reads: int
    writes: int
    needs: int
    scratch: int
    savings: tuple[tuple[int, int], ...]


@dataclass(frozen=True, order=True)
class _Path:
    """A way to run the operations done: ordered by peak, then by how little it changes."""

    peak: int
    order: tuple[int, ...]
    done: int
    live: int


def best_order(graph: Graph, scratch: Scratch, walks: Walks) -> list[int]:
    """Return the places of graph's operations in the order in which to run them.

    It is the order that they have unless another one has a lower peak.
    """
    given = list(range(len(graph.operations)))
    if any(o.kind in _EFFECTS for o in graph.operations):
        return given
    costs = _Costs(graph, scratch, walks)
    paths = [costs.start()]
    straight = paths[0]
    for place in given:
        straight = costs.after(straight, place)
    allowed = _MOST_TRIED // max(len(given), 1)
    for _ in given:
        best: dict[int, _Path] = {}
        tried = 0
        for path in paths:
            ready = costs.ready(path)
            tried += len(ready)
            for then in (costs.after(path, i) for i in ready):
                if then.peak < straight.peak and (then.done not in best or then < best[then.done]):
                    best[then.done] = then
            if tried > allowed:
                break
        paths = sorted(best.values())[:_MOST_SETS]
    return list(paths[0].order) if paths else given


class _Costs:
    def __init__(self, graph: Graph, scratch: Scratch, walks: Walks) -> None:
        self.graph = graph
        storages = sorted({t.storage for t in graph.tensors if not t.is_constant})
        self.bit = {storage: 1 << place for place, storage in enumerate(storages)}
        self.sizes = [align(graph.tensors[storage].bytes) for storage in storages]
        self.states = [graph.tensors[i] for i in graph.states]
        self.kept = self._mask([*(graph.tensors[i] for i in graph.outputs), *self.states])
        self.work = [self._work_of(step, scratch, walks) for step in range(len(graph.operations))]
        self.readers = [0] * len(storages)
        for step, work in enumerate(self.work):
            for place in _bits(work.reads):
                self.readers[place] |= 1 << step

    def start(self) -> _Path:
        live = self._mask([*(self.graph.tensors[i] for i in self.graph.inputs), *self.states])
        return _Path(self._bytes(live), (), 0, live)

    def ready(self, path: _Path) -> list[int]:
        return [
            step
            for step, work in enumerate(self.work)
            if not path.done >> step & 1 and work.needs & ~path.done == 0
        ]

    def after(self, path: _Path, step: int) -> _Path:
        """Return the path that goes on with an operation."""
        work, done = self.work[step], path.done | 1 << step
        during = path.live | work.writes
        dying = sum(
            1 << place
            for place in _bits(during & (work.reads | work.writes) & ~self.kept)
            if self.readers[place] & ~done == 0
        )
        saving = max((saved for source, saved in work.savings if source & dying), default=0)
        peak = max(path.peak, self._bytes(during) + work.scratch - saving)
        return _Path(peak, (*path.order, step), done, during & ~dying)

    def _comes_first(self, other: Operation, operation: Operation, reads: int) -> bool:
        """Whether an earlier operation writes what this one reads, or both touch one state."""
        common = {*other.inputs}.intersection(operation.inputs, (t.id for t in self.states))
        return bool(common or reads & self._mask(self.graph.output_tensors(other)))

    def _bytes(self, mask: int) -> int:
        return sum(self.sizes[place] for place in _bits(mask))

    def _mask(self, tensors: Sequence[Tensor]) -> int:
        mask = 0
        for tensor in tensors:
            mask |= self.bit[tensor.storage]
        return mask

    def _work_of(self, step: int, scratch: Scratch, walks: Walks) -> _Work:
        operation = self.graph.operations[step]
        sources = [t for t in self.graph.input_tensors(operation) if t is not None and not t.is_constant]
        results = self.graph.output_tensors(operation)
        reads = self._mask(sources)
        writers = [
            place
            for place, other in enumerate(self.graph.operations)
            if place < step and self._comes_first(other, operation, reads)
        ]
        savings = [
            (self.bit[s.storage], s.bytes + r.bytes - closest(walks[step], s, r))
            for s in sources
            for r in results
        ]
        return _Work(
            reads,
            self._mask(results),
            sum(1 << place for place in writers),
            sum(align(size) for size in scratch[step]),
            tuple(pair for pair in savings if pair[1] > 0),
        )


def _bits(mask: int) -> list[int]:
    places = []
    while mask:
        places.append((mask & -mask).bit_length() - 1)
        mask &= mask - 1
    return places
