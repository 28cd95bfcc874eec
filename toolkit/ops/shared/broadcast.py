# SPDX-License-Identifier: Apache-2.0
"""Operands of different shapes as rows and jumps, for the kernels' tm_broadcast.h."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_DIMENSIONS = 6


@dataclass(frozen=True)
class _Dimension:
    """A run of output dimensions over which each operand either walks or stands still."""

    size: int
    walks: tuple[bool, ...]


def broadcast_problems(
    left: tuple[int, ...],
    right: tuple[int, ...],
    result: tuple[int, ...],
    most_dimensions: int = MOST_DIMENSIONS,
) -> list[str]:
    """Return why left and right do not broadcast to result, within the dimensions TFLM's kernel has."""
    try:
        expected = np.broadcast_shapes(left, right)
    except ValueError:
        return [f"its inputs of shapes {list(left)} and {list(right)} do not broadcast"]
    if expected != result:
        return [f"its inputs broadcast to the shape {list(expected)}, its output has {list(result)}"]
    if left != right and len(result) > most_dimensions:
        return [f"it broadcasts over {len(result)} dimensions, more than {most_dimensions}"]
    return []


def broadcast_plan(*shapes: tuple[int, ...]) -> NDArray[np.int32]:
    """Return the table that tm_broadcast.h describes, dimensions merged as far as they go.

    A jump leads from where the dimensions inside have ended to the dimension's next place, so the
    kernel only ever adds.
    """
    dimensions = _merged(shapes) or [_Dimension(1, (True,) * len(shapes))]
    inner, *outer = reversed(dimensions)
    plan = [len(outer), inner.size, *map(int, inner.walks)]
    strides = [inner.size if walks else 1 for walks in inner.walks]
    passed = [0] * len(shapes)
    for dimension in outer:
        plan.append(dimension.size)
        for side, walks in enumerate(dimension.walks):
            step = strides[side] if walks else 0
            plan.append(step - passed[side])
            passed[side] = step * dimension.size
            strides[side] *= dimension.size if walks else 1
    return np.array(plan, dtype=np.int32)


def _merged(shapes: tuple[tuple[int, ...], ...]) -> list[_Dimension]:
    """Return the dimensions from the outermost to the innermost, neighbours of a kind as one."""
    rank = max(map(len, shapes))
    merged: list[_Dimension] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + shape for shape in shapes), strict=True):
        size = max(sizes)
        if size == 1:
            continue
        found = _Dimension(size, tuple(s > 1 for s in sizes))
        if merged and merged[-1].walks == found.walks:
            found = _Dimension(merged.pop().size * size, found.walks)
        merged.append(found)
    return merged
