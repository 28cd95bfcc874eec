# SPDX-License-Identifier: Apache-2.0
"""MemoryPlan: where every buffer of a model stands in its arena, and plan.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.errors import TinymlError

ALIGNMENT = 16

Scratch = Sequence[Sequence[int]]
"""The scratch buffers of each operation, in bytes, in the order of its kernel call's arguments."""


def align(size: int) -> int:
    """Return size rounded up to the arena's alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class Buffer:
    """Bytes that are needed from the step first to the step last, both included.

    A step is a place in graph.operations. tensor is the id of the tensor whose storage this is;
    for scratch memory it is -1, and scratch is which of the step's scratch buffers this is.
    """

    bytes: int
    first: int
    last: int
    tensor: int = -1
    scratch: int = -1

    def meets(self, other: Buffer) -> bool:
        """Return whether there is a step in which both are needed."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Placement:
    """A buffer and its offset in the arena."""

    buffer: Buffer
    offset: int


@dataclass(frozen=True)
class MemoryPlan:
    """All placements in order of their buffers; no plan can have less than lower_bound_bytes."""

    placements: tuple[Placement, ...]
    arena_bytes: int
    lower_bound_bytes: int

    def tensor_offset(self, storage: int) -> int:
        """Return the offset of the tensor storage (Tensor.storage of the one that is asked for)."""
        for placement in self.placements:
            if placement.buffer.tensor == storage:
                return placement.offset
        raise TinymlError(f"the memory plan has no place for tensor {storage}.")

    def scratch_offset(self, step: int, scratch: int) -> int:
        """Return the offset of one of a step's scratch buffers."""
        for placement in self.placements:
            buffer = placement.buffer
            if buffer.tensor < 0 and (buffer.first, buffer.scratch) == (step, scratch):
                return placement.offset
        raise TinymlError(f"the memory plan has no place for scratch {scratch} of step {step}.")


def plan_json(plan: MemoryPlan) -> str:
    """Return the plan as JSON for plan.json: the same plan gives the same text."""
    buffers = [
        {"offset": p.offset, "bytes": p.buffer.bytes, "first": p.buffer.first, "last": p.buffer.last}
        | ({"tensor": p.buffer.tensor} if p.buffer.tensor >= 0 else {"scratch": p.buffer.scratch})
        for p in plan.placements
    ]
    head = {"arena_bytes": plan.arena_bytes, "lower_bound_bytes": plan.lower_bound_bytes}
    return json.dumps(head | {"alignment": ALIGNMENT, "buffers": buffers}, indent=1) + "\n"
