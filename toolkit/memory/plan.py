# SPDX-License-Identifier: Apache-2.0
"""MemoryPlan: where every buffer of a model stands in its arena, and plan.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from toolkit.errors import TinymlError
from toolkit.ir.graph import Tensor

ALIGNMENT = 16

Scratch = Sequence[Sequence[int]]
"""The scratch buffers of each operation, in bytes, in the order of its kernel call's arguments."""


def align(size: int) -> int:
    """Return size rounded up to the arena's alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class Piece:
    """The bytes of a buffer from start to end, which are needed from the step first to the step last."""

    start: int
    end: int
    first: int
    last: int

    def meets(self, other: Piece) -> bool:
        """Return whether there is a step in which both are needed."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Buffer:
    """Bytes that are needed from the step first to the step last, both included.

    A step is a place in graph.operations. tensor is the id of the tensor whose storage this is;
    for scratch memory it is -1, and scratch is which of the step's scratch buffers this is. parts are
    the pieces that a buffer falls into whose bytes are not all needed equally long, else ().
    """

    bytes: int
    first: int
    last: int
    tensor: int = -1
    scratch: int = -1
    parts: tuple[Piece, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The parts, or all of it as the one piece that it is."""
        return self.parts or (Piece(0, self.bytes, self.first, self.last),)

    def alive_bytes(self, step: int) -> int:
        """Return how many bytes are needed in a step, with what fills them up to the alignment."""
        if not self.parts:
            return align(self.bytes) if self.first <= step <= self.last else 0
        return sum(p.end - p.start for p in self.parts if p.first <= step <= p.last)


@dataclass(frozen=True)
class Placement:
    """A buffer and its offset in the arena."""

    buffer: Buffer
    offset: int


@dataclass(frozen=True)
class MemoryPlan:
    """All placements in order of their buffers; no plan can have less than lower_bound_bytes.

    is_least says that the search went through all plans and that none is smaller. step_bytes has the
    lower bound of each step. walks has for each operation which of its kernel's walks it must go,
    where it has any.
    """

    placements: tuple[Placement, ...]
    arena_bytes: int
    lower_bound_bytes: int
    is_least: bool = False
    step_bytes: tuple[int, ...] = ()
    walks: tuple[int, ...] = ()

    def with_walks(self, walks: tuple[int, ...]) -> MemoryPlan:
        """Return the plan with these walks."""
        return replace(self, walks=walks)

    def offset_of(self, tensor: Tensor) -> int:
        """Return the offset of a tensor's first byte."""
        return self.tensor_offset(tensor.storage) + tensor.storage_offset

    def tensor_offset(self, storage: int) -> int:
        """Return the offset of the buffer of a tensor that is its own storage."""
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


def plan_json(
    plan: MemoryPlan,
    patches: Mapping[str, int] | None = None,
    made_by: Mapping[str, object] | None = None,
    ram_bytes: int | None = None,
) -> str:
    """Return the plan as JSON for plan.json: the same plan gives the same text.

    patches says which layers run in patches, and what that saves and costs; made_by what the model is from;
    ram_bytes the most that the arena was to take, if there was a limit.
    """
    buffers = [
        {"offset": p.offset, "bytes": p.buffer.bytes, "first": p.buffer.first, "last": p.buffer.last}
        | ({"tensor": p.buffer.tensor} if p.buffer.tensor >= 0 else {"scratch": p.buffer.scratch})
        for p in plan.placements
    ]
    bound = plan.lower_bound_bytes
    head = {
        "arena_bytes": plan.arena_bytes,
        "lower_bound_bytes": bound,
        "above_lower_bound_bytes": plan.arena_bytes - bound,
        "is_least": plan.is_least,
        "alignment": ALIGNMENT,
        "walks": plan.walks,
    }
    head |= {"ram_bytes": ram_bytes} if ram_bytes is not None else {}
    head |= {"patches": dict(patches)} if patches else {}
    head |= {"made_by": dict(made_by)} if made_by else {}
    return json.dumps(head | {"buffers": buffers}, indent=1) + "\n"
