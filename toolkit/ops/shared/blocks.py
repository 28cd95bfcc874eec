# SPDX-License-Identifier: Apache-2.0
"""SPACE_TO_DEPTH and DEPTH_TO_SPACE: the same copy, there and back."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.movement import Sizes, alike_problems, steps_of
from toolkit.ops.shared.operands import count_problems

_TYPES = ("int8", "float32")


def block_size(operation: Operation) -> int:
    """Return how many rows, and columns, of space become channels; 0 if that is not a size."""
    found = operation.options.get("block_size", 0)
    return found if isinstance(found, int) and found > 0 else 0


def block_problems(graph: Graph, operation: Operation, *, to_depth: bool) -> list[str]:
    """Return why the wider image does not become the deeper one, or the other way round."""
    problems = count_problems(graph, operation, inputs=1)
    if problems:
        return problems
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    space, depth = (source, result) if to_depth else (result, source)
    block = block_size(operation)
    if not block:
        return [f"its block size is {operation.options.get('block_size', 0)}"]
    if (len(space.shape), len(depth.shape)) != (4, 4) or depth.shape != _depth(space, block):
        return [f"its input {list(source.shape)} does not become {list(result.shape)} in blocks of {block}"]
    return alike_problems(source, result, _TYPES)


def block_grid(space: Tensor, block: int) -> tuple[Sizes, Sizes, Sizes]:
    """Return the sizes of the axes of the deeper image, with the steps in it and in the wider one.

    The axes are batch, row, column, row in the block, column in the block, channel.
    """
    batch, height, width, channels = space.shape
    sizes = (batch, height // block, width // block, block, block, channels)
    image, row, pixel, one = steps_of(space.shape)
    return sizes, steps_of(sizes), (image, row * block, pixel * block, row, pixel, one)


def _depth(space: Tensor, block: int) -> Sizes | None:
    """Return the deeper image's shape; None if the wider one is not whole blocks."""
    batch, height, width, channels = space.shape
    if height % block or width % block:
        return None
    return (batch, height // block, width // block, channels * block**2)
