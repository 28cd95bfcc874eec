# SPDX-License-Identifier: Apache-2.0
"""Images resized to a constant size: what both RESIZE operators demand."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import alike_problems, result_shape_problems
from toolkit.ops.shared.operands import constant_integers, count_problems


@dataclass(frozen=True)
class Side:
    """One side of an image: how many pixels there are and will be."""

    size: int
    new: int


def resize_problems(graph: Graph, operation: Operation, dtypes: tuple[str, ...]) -> list[str]:
    """Return why this is not one image, (batches, height, width, channels), resized to a constant size."""
    problems = count_problems(graph, operation, inputs=2)
    if problems:
        return problems
    source, size = (graph.tensors[i] for i in operation.inputs)
    result = graph.tensors[operation.outputs[0]]
    numbers = constant_integers(size) if size.dtype == "int32" else None
    if len(source.shape) != 4:
        return [f"its input has {len(source.shape)} axes, not 4"]
    if numbers is None or len(numbers) != 2 or min(numbers) < 1:
        return ["its size is not an int32 constant of height and width"]
    resized = (source.shape[0], *numbers, source.shape[3])
    return [*alike_problems(source, result, dtypes), *result_shape_problems(result, resized)]


def sides_of(graph: Graph, operation: Operation) -> tuple[Side, Side]:
    """Return height and width."""
    old, new = graph.tensors[operation.inputs[0]].shape, graph.tensors[operation.outputs[0]].shape
    return Side(old[1], new[1]), Side(old[2], new[2])
