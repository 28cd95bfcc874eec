# SPDX-License-Identifier: Apache-2.0
"""Whether a memory plan is right, by brute force: play the model, byte for byte.

This knows nothing of lifetimes and shares no code with the planner. Every byte of the arena
carries a mark of who wrote it last. Each step must find its inputs' bytes as they were written,
then writes its scratch and outputs, which may touch neither its inputs nor each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import TinymlError
from toolkit.ir.check import describe
from toolkit.ir.graph import Graph
from toolkit.memory.plan import ALIGNMENT, MemoryPlan, Scratch

_NOBODY = -1
_SCRATCH = -2


def check_plan(graph: Graph, scratch: Scratch, plan: MemoryPlan) -> None:
    """Raise TinymlError, which means a bug of the toolkit, if plan cannot run graph."""
    _Player(graph, scratch, plan).play()


class _Player:
    def __init__(self, graph: Graph, scratch: Scratch, plan: MemoryPlan) -> None:
        self.graph = graph
        self.scratch = scratch
        self.plan = plan
        self.arena: NDArray[np.int32] = np.full(plan.arena_bytes, _NOBODY, np.int32)

    def play(self) -> None:
        self._check_scratch_sizes()
        arrived: list[tuple[int, int]] = []
        for tensor_id in self.graph.inputs:
            self._write(tensor_id, arrived, "the inputs")
        for step, operation in enumerate(self.graph.operations):
            owner = describe(operation)
            busy = [self._read(i, owner) for i in operation.inputs if self._in_arena(i)]
            for place, size in enumerate(self.scratch[step]):
                start = self.plan.scratch_offset(step, place)
                self._mark(start, size, _SCRATCH, busy, f"scratch {place} of {owner}")
            for tensor_id in operation.outputs:
                self._write(tensor_id, busy, owner)
        for tensor_id in self.graph.outputs:
            self._read(tensor_id, "the caller")

    def _check_scratch_sizes(self) -> None:
        if len(self.scratch) != len(self.graph.operations):
            raise self._wrong(f"scratch for {len(self.scratch)} of {len(self.graph.operations)} operations")

    def _in_arena(self, tensor_id: int) -> bool:
        return tensor_id >= 0 and not self.graph.tensors[tensor_id].is_constant

    def _range(self, tensor_id: int) -> tuple[int, int, int]:
        tensor = self.graph.tensors[tensor_id]
        start = self.plan.tensor_offset(tensor.storage)
        return tensor.storage, start, tensor.bytes

    def _read(self, tensor_id: int, reader: str) -> tuple[int, int]:
        """Check that a tensor's bytes are as its writer left them; return where they are."""
        storage, start, size = self._range(tensor_id)
        found = self.arena[start : start + size]
        if start < 0 or len(found) != size or not np.all(found == storage):
            raise self._wrong(f"tensor {tensor_id} is not intact when {reader} reads it")
        return start, start + size

    def _write(self, tensor_id: int, busy: list[tuple[int, int]], writer: str) -> None:
        storage, start, size = self._range(tensor_id)
        self._mark(start, size, storage, busy, f"tensor {tensor_id} of {writer}")

    def _mark(self, start: int, size: int, mark: int, busy: list[tuple[int, int]], what: str) -> None:
        """Write a mark over bytes that no range in busy may share, and add them to busy."""
        if start % ALIGNMENT or start < 0 or start + size > len(self.arena):
            raise self._wrong(f"{what} stands at {start}, unaligned or outside of the arena")
        for low, high in busy:
            if start < high and low < start + size:
                raise self._wrong(f"{what} at {start} overlaps what is in use at {low}")
        self.arena[start : start + size] = mark
        busy.append((start, start + size))

    def _wrong(self, what: str) -> TinymlError:
        return TinymlError(f"{self.graph.name}: the memory plan is wrong: {what}.")
