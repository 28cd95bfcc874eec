# SPDX-License-Identifier: Apache-2.0
"""One tensor and the parts of it along an axis, for SPLIT, SPLIT_V, PACK and UNPACK."""

from __future__ import annotations

from math import prod

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import Copy, Sizes, alike_problems, result_shape_problems


def ids_problems(graph: Graph, operation: Operation, inputs: int, outputs: int) -> list[str]:
    """Return a reason unless there are so many inputs and outputs, none left out, constant or empty."""
    ids = (*operation.inputs, *operation.outputs)
    if (len(operation.inputs), len(operation.outputs)) != (inputs, outputs):
        return [
            f"it has {len(operation.inputs)} inputs and {len(operation.outputs)} outputs, "
            f"not {inputs} and {outputs}"
        ]
    if not all(0 <= i < len(graph.tensors) for i in ids):
        return ["one of its inputs or outputs is left out"]
    if any(graph.tensors[i].is_constant for i in operation.outputs):
        return ["one of its outputs is a constant"]
    if any(graph.tensors[i].elements == 0 for i in ids):
        return ["it has a tensor without elements"]
    return []


def count_of(value: object) -> int:
    """Return an option that counts parts, 0 if it is not a number of at least one."""
    return max(0, value) if isinstance(value, int) else 0


def split_problems(
    graph: Graph, whole: int, parts: Sizes, axis: int, lengths: Sizes, dtypes: tuple[str, ...]
) -> list[str]:
    """Return why the outputs parts are not what lies side by side along an axis of whole."""
    source = graph.tensors[whole]
    if sum(lengths) != source.shape[axis] or min(lengths) < 1:
        return [f"its parts are {list(lengths)} of axis {axis}, which has {source.shape[axis]}"]
    problems = []
    for place, (part, length) in enumerate(zip(parts, lengths, strict=True)):
        shape = (*source.shape[:axis], length, *source.shape[axis + 1 :])
        result = graph.tensors[part]
        problems += alike_problems(source, result, dtypes)
        problems += result_shape_problems(result, shape, f"output {place}")
    return problems


def split_copies(graph: Graph, whole: int, parts: Sizes, axis: int, lengths: Sizes) -> list[Copy]:
    """Return a copy for each part: of the rows of whole, the bytes that are the part's."""
    shape = graph.tensors[whole].shape
    rows, inner = prod(shape[:axis]), prod(shape[axis + 1 :])
    copies, start = [], 0
    for part, length in zip(parts, lengths, strict=True):
        copies.append(
            Copy(
                source=whole,
                result=part,
                sizes=(rows, length * inner),
                in_steps=(shape[axis] * inner, 1),
                out_steps=(length * inner, 1),
                in_start=start,
            )
        )
        start += length * inner
    return copies
