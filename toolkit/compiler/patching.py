# SPDX-License-Identifier: Apache-2.0
"""Which layers of a model to run in patches, and in which, so that its arena fits: the least computing.

Every run of layers that takes in the fullest step is a candidate, with patches of many heights and
widths. What they compute and about what they hold follows from the geometry alone: of those that
seem to fit, the ones that compute the least are planned first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from toolkit.ir.graph import Graph, Tensor
from toolkit.memory.layout import Calls, Layout, arena_in_order, lay_out_in_order
from toolkit.ops.shared.macs import count_macs
from toolkit.passes.patches import Box, Segment, boxes, cut, find_segments, patch_rows
from toolkit.targets.target import Target

# How many operations patches may come to: planning takes longer with each, and each is a call in flash.
_MOST_OPERATIONS = 240
_MOST_COLUMNS = 4
_MOST_PLANS = 12
# Measured on a Cortex-M4, gcc 12 -O2: a call with its arguments, the layer's hook and its name's place.
_CALL_BYTES = 65
_VALUE_BYTES = 4


@dataclass(frozen=True)
class Patching:
    """What was cut: the operations from first to last, by their places in the file, into count patches
    of the last one's output, height x width each or less at the edges. What it saves and costs: bytes of
    arena and multiply-accumulates of the whole model, before and after, and about how many bytes of flash
    for calls and parameters; weights and tables are there once. ram_bytes is what was asked for.
    """

    ram_bytes: int
    first: int
    last: int
    count: int
    height: int
    width: int
    whole_arena_bytes: int
    arena_bytes: int
    whole_macs: int
    macs: int
    flash_bytes: int

    @property
    def more_macs_percent(self) -> float:
        """How much more is computed."""
        return 100 * (self.macs - self.whole_macs) / max(self.whole_macs, 1)

    def __str__(self) -> str:
        saved = 100 * (self.whole_arena_bytes - self.arena_bytes) / self.whole_arena_bytes
        return (
            f"operations {self.first} to {self.last} in {self.count} patches of "
            f"{self.height} x {self.width}: arena {self.whole_arena_bytes:,} -> {self.arena_bytes:,} B "
            f"(-{saved:.0f} %), MACs {self.more_macs_percent:+.1f} %, about {self.flash_bytes:+,} B of flash"
        )


@dataclass(frozen=True)
class Candidate:
    """A segment and a size of patches: what they compute more, how many they are, about what they hold."""

    macs: int
    count: int
    estimate: int
    segment: Segment
    height: int
    width: int


@dataclass(frozen=True, eq=False)
class Patched:
    """The layout with the least computing that fits, or the one of the least arena if none does."""

    layout: Layout
    patching: Patching


def patch_to_fit(
    whole: Layout, target: Target, ram_bytes: int, known: dict[Candidate, int] | None = None
) -> Patched | None:
    """Return whole with some of its layers in patches, so that its arena is at most ram_bytes.

    If none is so small, the smallest one found; None where no patches make it smaller than whole.
    The same arguments give the same layout. known keeps the arenas of candidates from one call to the
    next with the same whole and target, so that none is planned twice.
    """
    known = {} if known is None else known
    candidates = sorted(_candidates(whole), key=lambda c: (c.macs, c.count, c.segment.first))
    smallest = sorted(candidates, key=lambda c: (c.estimate, c.macs))[: _MOST_PLANS // 3]
    tried: dict[Candidate, int] = {}
    missed: dict[Segment, int] = {}
    for candidate in [*candidates, *smallest]:
        hope = candidate.estimate + missed.get(candidate.segment, 0)
        if candidate in tried or (
            candidate not in smallest and (hope > ram_bytes or len(tried) >= _MOST_PLANS)
        ):
            continue
        if candidate not in known:
            known[candidate] = arena_in_order(_cut(whole.graph, candidate), target)
        tried[candidate] = known[candidate]
        if tried[candidate] <= ram_bytes:
            return _patched(whole, target, candidate, ram_bytes)
        miss = tried[candidate] - candidate.estimate
        missed[candidate.segment] = min(miss, missed.get(candidate.segment, miss))
    best = min(tried, key=lambda c: (tried[c], c.macs, c.count), default=None)
    if best is None or tried[best] >= whole.plan.arena_bytes:
        return None
    return _patched(whole, target, best, ram_bytes)


def _cut(graph: Graph, candidate: Candidate) -> Graph:
    return cut(graph, candidate.segment, candidate.height, candidate.width)


def _patched(whole: Layout, target: Target, chosen: Candidate, ram_bytes: int) -> Patched:
    layout = lay_out_in_order(_cut(whole.graph, chosen), target)
    places = [o.index for o in whole.graph.operations[chosen.segment.first : chosen.segment.end]]
    patching = Patching(
        ram_bytes=ram_bytes,
        first=min(places),
        last=max(places),
        count=chosen.count,
        height=chosen.height,
        width=chosen.width,
        whole_arena_bytes=whole.plan.arena_bytes,
        arena_bytes=layout.plan.arena_bytes,
        whole_macs=_macs(whole.graph),
        macs=_macs(layout.graph),
        flash_bytes=_flash_bytes(layout.calls) - _flash_bytes(whole.calls),
    )
    return Patched(layout, patching)


def _flash_bytes(calls: Calls) -> int:
    """Return about what calls take of flash, with their parameters; equal ones are there once."""
    every = [call for layer in calls for call in layer]
    params = {(call.kernel, tuple(call.params.items())) for call in every}
    values = sum(len(v) if isinstance(v, tuple) else 1 for _, found in params for _, v in found)
    return _CALL_BYTES * len(every) + _VALUE_BYTES * values


def _macs(graph: Graph) -> int:
    return sum(count_macs(graph, operation) for operation in graph.operations)


def _candidates(whole: Layout) -> Iterator[Candidate]:
    """Yield what would relieve the fullest step."""
    steps = whole.plan.step_bytes
    fullest = steps.index(max(steps))
    for segment in find_segments(whole.graph, fullest, _MOST_OPERATIONS // 2):
        yield from _of_segment(whole, segment)


def _of_segment(whole: Layout, segment: Segment) -> Iterator[Candidate]:
    graph = whole.graph
    costs = _Costs(whole, segment)
    _, rows, columns, _ = costs.result.shape
    unit = patch_rows(graph, segment)
    units = -(-rows // unit)
    heights = sorted({unit * -(-units // count) for count in range(1, units + 1)})
    widths = sorted({-(-columns // count) for count in range(1, min(_MOST_COLUMNS, columns) + 1)})
    for height in heights:
        for width in widths:
            count = -(-rows // height) * -(-columns // width)
            operations = count * (segment.end - segment.first)
            if count > 1 and operations <= _MOST_OPERATIONS:
                yield Candidate(
                    costs.macs(height, width), count, costs.bytes(height, width), segment, height, width
                )


class _Costs:
    """What patches of a segment compute and hold; rows and columns of patches do not know of each other."""

    def __init__(self, whole: Layout, segment: Segment) -> None:
        self.graph, self.segment = whole.graph, segment
        self.operations = self.graph.operations[segment.first : segment.end]
        self.result = self.graph.tensors[self.operations[-1].outputs[0]]
        written = {o.outputs[0] for o in self.operations}
        read = {i for o in self.operations for i in o.inputs if i >= 0}
        self.sources = [
            self.graph.tensors[i] for i in sorted(read - written) if not self.graph.tensors[i].is_constant
        ]
        lives = {p.buffer.tensor: p.buffer.last for p in whole.plan.placements}
        self.stays = {t.id: lives[t.storage] >= segment.end for t in self.sources}
        self.others = self._others(whole)
        steps = whole.plan.step_bytes
        self.outside = max((*steps[: segment.first], *steps[segment.end :]), default=0)
        self.last_readers = {i: place for place, o in enumerate(self.operations) for i in o.inputs}
        self.known: dict[tuple[bool, int], list[Mapping[int, Box]]] = {}

    def macs(self, height: int, width: int) -> int:
        """Return the multiply-accumulates of the segment in patches, less those of it as a whole."""
        rows, columns = self._along(True, height), self._along(False, width)
        total = 0
        for operation in self.operations:
            i = operation.outputs[0]
            image = self.graph.tensors[i]
            whole = count_macs(self.graph, operation)
            high = sum(found[i].y_end - found[i].y for found in rows)
            wide = sum(found[i].x_end - found[i].x for found in columns)
            total += whole * high * wide // (image.shape[1] * image.shape[2]) - whole
        return total

    def bytes(self, height: int, width: int) -> int:
        """Return an estimate of the arena: outputs stand over what is done with, nothing is wasted."""
        rows, columns = self._along(True, height), self._along(False, width)
        middle = columns[len(columns) // 2]
        inside = max(self._bytes_of(rows, place, middle) for place in {0, len(rows) // 2, len(rows) - 1})
        return max(inside, self.outside)

    def _bytes_of(self, rows: list[Mapping[int, Box]], place: int, columns: Mapping[int, Box]) -> int:
        here, then = rows[place], rows[place + 1] if place + 1 < len(rows) else None
        live: dict[int, int] = {}
        most = 0
        for step, operation in enumerate(self.operations):
            out = operation.outputs[0]
            made = self._patch_bytes(out, here, columns)
            ending = [i for i in set(operation.inputs) if self.last_readers[i] == step and i in live]
            shared = min(made, max((live[i] for i in ending), default=0)) if out != self.result.id else 0
            around = sum(self._waiting_bytes(source, step, here, then) for source in self.sources)
            most = max(most, around + sum(live.values()) + made - shared)
            live[out] = made
            for i in ending:
                del live[i]
        done = here[self.result.id].y * (self.result.bytes // self.result.shape[1])
        return self.others + done + most

    def _waiting_bytes(
        self, source: Tensor, step: int, here: Mapping[int, Box], then: Mapping[int, Box] | None
    ) -> int:
        """Return the bytes of an input that are still to be read in a step: its rows from one on."""
        if self.stays[source.id]:
            return source.bytes
        is_read = step <= self.last_readers[source.id]
        if not is_read and then is None:
            return 0
        gone = here[source.id].y if is_read or then is None else then[source.id].y
        return source.bytes - gone * (source.bytes // source.shape[1])

    def _patch_bytes(self, tensor: int, rows: Mapping[int, Box], columns: Mapping[int, Box]) -> int:
        image, high, wide = self.graph.tensors[tensor], rows[tensor], columns[tensor]
        pixels = (high.y_end - high.y) * (wide.x_end - wide.x)
        return image.bytes * pixels // (image.shape[1] * image.shape[2])

    def _along(self, is_high: bool, size: int) -> list[Mapping[int, Box]]:
        """Return the boxes of patches one below (or beside) the other, as wide (or high) as the image."""
        if (is_high, size) not in self.known:
            _, rows, columns, _ = self.result.shape
            ends = rows if is_high else columns
            spans = [(start, min(start + size, ends)) for start in range(0, ends, size)]
            patches = [Box(*span, 0, columns) if is_high else Box(0, rows, *span) for span in spans]
            self.known[is_high, size] = [boxes(self.graph, self.segment, patch) for patch in patches]
        return self.known[is_high, size]

    def _others(self, whole: Layout) -> int:
        """Return the bytes of what is needed before and after the segment and has no part in it."""
        mine: set[int] = {t.storage for t in (*self.sources, self.result)}
        return sum(
            p.buffer.bytes
            for p in whole.plan.placements
            if p.buffer.first < self.segment.first
            and p.buffer.last >= self.segment.end
            and p.buffer.tensor not in mine
        )
