# SPDX-License-Identifier: Apache-2.0
"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: every place in a block of pixels has batches of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import Sizes, alike_problems, steps_of
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

TYPES = ("int8", "float32")


@dataclass(frozen=True)
class Grid:
    """Pixels as a grid: where they stand in space, and where among the batches."""

    sizes: Sizes
    space_steps: Sizes
    batch_steps: Sizes
    space_start: int = 0
    batch_start: int = 0


@dataclass(frozen=True)
class Blocks:
    """Images (batches, height, width, channels), cut into blocks after what lies before and behind."""

    shape: Sizes
    block: tuple[int, int]
    before: tuple[int, int]
    behind: tuple[int, int]

    @property
    def is_cut(self) -> bool:
        """Whether some blocks are not whole."""
        return any(self.before + self.behind)

    @property
    def parts(self) -> Sizes:
        """The shape of one place's batches; not whole numbers of blocks give a size of 0."""
        sides = zip(self.shape[1:3], self.block, self.before, self.behind, strict=True)
        rows, columns = (
            (n + before + behind) // block if (n + before + behind) % block == 0 else 0
            for n, block, before, behind in sides
        )
        return (self.shape[0], rows, columns, self.shape[3])

    def grids(self) -> list[Grid]:
        """Return all pixels as one grid, or as one for each place in a block if some blocks are cut."""
        image, row, pixel, one = steps_of(self.shape)
        steps = (image, row * self.block[0], pixel * self.block[1], one)
        parts = self.parts
        if not self.is_cut:
            sizes = (*self.block, *parts)
            return [Grid(sizes, (row, pixel, *steps), steps_of(sizes))]
        grids = []
        for number, place in enumerate(product(*map(range, self.block))):
            (first_row, rows), (first_column, columns) = (self._inside(axis, place[axis]) for axis in (0, 1))
            y = first_row * self.block[0] + place[0] - self.before[0]
            x = first_column * self.block[1] + place[1] - self.before[1]
            batch_steps = steps_of(parts)
            start = number * parts[0] * batch_steps[0]
            start += first_row * batch_steps[1] + first_column * batch_steps[2]
            sizes = (parts[0], rows, columns, parts[3])
            if rows > 0 and columns > 0:
                grids.append(Grid(sizes, steps, batch_steps, y * row + x * pixel, start))
        return grids

    def _inside(self, axis: int, place: int) -> tuple[int, int]:
        """Return the first block in which a place lies in the image, and the number of such blocks."""
        block, before = self.block[axis], self.before[axis]
        first = max(0, -((place - before) // block))
        behind_last = (self.shape[axis + 1] - 1 + before - place) // block + 1
        return first, behind_last - first


def blocks_of(graph: Graph, operation: Operation, space: int) -> Blocks | None:
    """Return the blocks of an operation whose whole images are the tensor space; None if unclear."""
    shape = graph.tensors[space].shape
    operands = [graph.tensors[i] for i in operation.inputs[1:]]
    sides = len(shape) - 2
    block, edges = (constant_integers(t) if t.dtype == "int32" else None for t in operands)
    if sides not in (1, 2) or block is None or edges is None:
        return None
    if (len(block), len(edges)) != (sides, 2 * sides) or min(block) < 1 or min(edges) < 0:
        return None
    if sides == 1:
        return Blocks((*shape[:2], 1, shape[2]), (block[0], 1), (edges[0], 0), (edges[1], 0))
    return Blocks(shape, (block[0], block[1]), (edges[0], edges[2]), (edges[1], edges[3]))


def space_batch_problems(graph: Graph, operation: Operation, *, to_batch: bool) -> list[str]:
    """Return why the images are not the batches, or the other way round."""
    problems = count_problems(graph, operation, inputs=3)
    if problems:
        return problems
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    space, batch = (source, result) if to_batch else (result, source)
    blocks = blocks_of(graph, operation, space.id)
    if blocks is None or len(space.shape) != len(batch.shape):
        return ["its blocks and edges are not int32 constants for an input of 3 or 4 dimensions"]
    parts = blocks.parts
    expected = (parts[0] * blocks.block[0] * blocks.block[1], *parts[1:])
    found = batch.shape if len(batch.shape) == 4 else (*batch.shape[:2], 1, batch.shape[2])
    if expected != found:
        sizes = " x ".join(map(str, blocks.block[: len(space.shape) - 2]))
        return [f"its input {list(source.shape)} does not become {list(result.shape)} in blocks of {sizes}"]
    return alike_problems(source, result, TYPES)


def every_block(place: Sizes, block: Array) -> tuple[slice, ...]:
    """Return NumPy's index of the pixels at a place in every block of (batches, sides..., channels)."""
    sides = zip(place, block.ravel().tolist(), strict=True)
    return (slice(None), *(slice(first, None, step) for first, step in sides))
