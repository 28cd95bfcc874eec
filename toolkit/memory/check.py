# SPDX-License-Identifier: Apache-2.0
"""Whether a memory plan is right, by brute force: play the model, byte for byte.

States are there from the start and must be intact at the end, where the next run finds them.
This knows nothing of lifetimes and shares no code with the planner. Every byte of the arena
carries a mark of who wrote it last. Each step must find its inputs' bytes as they were written,
then writes its scratch and outputs, which may not touch each other. Where an output stands over an
input of its step, each shared byte must have been read for the last time before it is written, as
the walk says that the kernel is told to go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import TinymlError
from toolkit.ir.graph import DTYPE_BYTES, Graph
from toolkit.ir.rules import describe
from toolkit.memory.plan import ALIGNMENT, MemoryPlan, Scratch
from toolkit.ops.shared.operator import Walk

_NOBODY = -1
_SCRATCH = -2


def check_plan(
    graph: Graph, scratch: Scratch, plan: MemoryPlan, walks: Sequence[Walk | None] | None = None
) -> None:
    """Raise TinymlError, which means a bug of the toolkit, if plan cannot run graph.

    walks has for each operation the walk that its kernel goes, None where nothing is known of it.
    """
    _Player(graph, scratch, plan, walks or [None] * len(graph.operations)).play()


@dataclass(frozen=True)
class _Range:
    """Bytes of the arena in use in a step, by an input of it (tensor), scratch or an output (-1)."""

    start: int
    end: int
    tensor: int = -1


class _Player:
    def __init__(
        self, graph: Graph, scratch: Scratch, plan: MemoryPlan, walks: Sequence[Walk | None]
    ) -> None:
        self.graph = graph
        self.scratch = scratch
        self.plan = plan
        self.walks = walks
        self.arena: NDArray[np.int32] = np.full(plan.arena_bytes, _NOBODY, np.int32)

    def play(self) -> None:
        self._check_sizes()
        arrived: list[_Range] = []
        for tensor_id in (*self.graph.states, *self.graph.inputs):
            self._write(tensor_id, arrived, None, "the start")
        for step, operation in enumerate(self.graph.operations):
            owner = describe(operation)
            busy = [self._read(i, owner) for i in operation.inputs if self._in_arena(i)]
            for place, size in enumerate(self.scratch[step]):
                start = self.plan.scratch_offset(step, place)
                what = f"scratch {place} of {owner}"
                self._check_place(start, size, ALIGNMENT, what)
                self._take(_Range(start, start + size), _SCRATCH, busy, what)
            for tensor_id in operation.outputs:
                self._write(tensor_id, busy, self.walks[step], owner)
        for tensor_id in self.graph.outputs:
            self._read(tensor_id, "the caller")
        for tensor_id in self.graph.states:
            self._read(tensor_id, "the next run")

    def _check_sizes(self) -> None:
        for what, given in (("scratch", self.scratch), ("walks", self.walks)):
            if len(given) != len(self.graph.operations):
                raise self._wrong(f"{what} for {len(given)} of {len(self.graph.operations)} operations")

    def _in_arena(self, tensor_id: int) -> bool:
        return tensor_id >= 0 and not self.graph.tensors[tensor_id].is_constant

    def _read(self, tensor_id: int, reader: str) -> _Range:
        """Check that a tensor's bytes are as its writer left them; return where they are."""
        tensor = self.graph.tensors[tensor_id]
        start = self.plan.offset_of(tensor)
        found = self.arena[max(start, 0) : start + tensor.bytes]
        if start < 0 or len(found) != tensor.bytes or not np.all(found == tensor.storage):
            raise self._wrong(f"tensor {tensor_id} is not intact when {reader} reads it")
        return _Range(start, start + tensor.bytes, tensor_id)

    def _write(self, tensor_id: int, busy: list[_Range], walk: Walk | None, writer: str) -> None:
        tensor = self.graph.tensors[tensor_id]
        start, what = self.plan.offset_of(tensor), f"tensor {tensor_id} of {writer}"
        whole = tensor.storage == tensor_id
        self._check_place(start, tensor.bytes, ALIGNMENT if whole else DTYPE_BYTES[tensor.dtype], what)
        taken = _Range(start, start + tensor.bytes)
        for other in busy:
            if walk is not None and other.tensor >= 0 and _share(taken, other):
                self._prove(taken, tensor_id, other, walk, what)
        apart = [other for other in busy if walk is None or other.tensor < 0]
        self._take(taken, tensor.storage, apart, what)
        busy.append(taken)

    def _prove(self, taken: _Range, tensor_id: int, other: _Range, walk: Walk, what: str) -> None:
        """Check for each byte that two ranges share that it is read before it is written."""
        if tensor_id not in walk.first_writes or other.tensor not in walk.last_reads:
            raise self._wrong(f"{what} at {taken.start} overlaps what is in use at {other.start}")
        places = np.arange(max(taken.start, other.start), min(taken.end, other.end))
        written = walk.first_writes[tensor_id][places - taken.start]
        read = walk.last_reads[other.tensor][places - other.start]
        if np.any(written < read):
            place = int(places[np.argmax(written < read)])
            raise self._wrong(f"{what} destroys byte {place} of tensor {other.tensor} before it is read")

    def _check_place(self, start: int, size: int, alignment: int, what: str) -> None:
        if start % alignment or start < 0 or start + size > len(self.arena):
            raise self._wrong(f"{what} stands at {start}, unaligned or outside of the arena")

    def _take(self, taken: _Range, mark: int, busy: list[_Range], what: str) -> None:
        """Write a mark over bytes that no range in busy may share, and add them to busy."""
        for other in busy:
            if _share(taken, other):
                raise self._wrong(f"{what} at {taken.start} overlaps what is in use at {other.start}")
        self.arena[taken.start : taken.end] = mark
        busy.append(taken)

    def _wrong(self, what: str) -> TinymlError:
        return TinymlError(f"{self.graph.name}: the memory plan is wrong: {what}.")


def _share(one: _Range, other: _Range) -> bool:
    return one.start < other.end and other.start < one.end
