# SPDX-License-Identifier: Apache-2.0
"""STRIDED_SLICE with constant begin, end and strides, of up to four axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import (
    WORDS,
    Copy,
    Movement,
    Sizes,
    alike_problems,
    result_shape_problems,
    steps_of,
)
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array

_TYPES = (*WORDS, "bool")
_MOST_AXES = 4
_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


@dataclass(frozen=True)
class _Range:
    """Elements of one axis: the first, the step to the next, how many; dropped if only one is meant."""

    first: int
    step: int
    count: int
    dropped: bool


class StridedSlice(Movement):
    """Inputs are the values, begin, end and strides; masks are bits by axis."""

    kind = "STRIDED_SLICE"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=4)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        rank = len(source.shape)
        if not 1 <= rank <= _MOST_AXES:
            return [f"its input has {rank} axes, not 1 to {_MOST_AXES}"]
        operands = [graph.tensors[i] for i in operation.inputs[1:]]
        if any(t.data is None or t.dtype != "int32" or t.elements != rank for t in operands):
            return [f"its begin, end and strides are not int32 constants of {rank} numbers"]
        problems = _option_problems(operation)
        if problems:
            return problems
        if 0 in (constant_integers(operands[2]) or ()):
            return ["one of its strides is 0"]
        ranges = _ranges(source.shape, graph, operation)
        for axis, (size, found) in enumerate(zip(source.shape, ranges, strict=True)):
            if found.count < 1 or not 0 <= found.first < size:
                return [f"it takes nothing of axis {axis}, which has {size}"]
        shape = tuple(found.count for found in ranges if not found.dropped)
        return [*alike_problems(source, result, _TYPES), *result_shape_problems(result, shape)]

    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        ranges, steps = _ranges(source.shape, graph, operation), steps_of(source.shape)
        sizes = tuple(found.count for found in ranges)
        in_steps = tuple(found.step * step for found, step in zip(ranges, steps, strict=True))
        start = sum(found.first * step for found, step in zip(ranges, steps, strict=True))
        return [Copy(source.id, result.id, sizes, in_steps, steps_of(sizes), start)]

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, *numbers = inputs
        assert values is not None
        begin, end, strides = (part.ravel().tolist() for part in numbers if part is not None)
        taken: list[slice | int] = []
        for axis in range(values.ndim):
            first = None if _bit(operation, "begin_mask", axis) else begin[axis]
            stop = None if _bit(operation, "end_mask", axis) else end[axis]
            if _bit(operation, "shrink_axis_mask", axis):
                taken.append(begin[axis])
            else:
                taken.append(slice(first, stop, strides[axis]))
        return [values[tuple(taken)].reshape(graph.tensors[operation.outputs[0]].shape)]


def _mask(operation: Operation, name: str) -> int:
    value = operation.options.get(name, 0)
    return value if isinstance(value, int) else -1


def _bit(operation: Operation, mask: str, axis: int) -> bool:
    return bool(_mask(operation, mask) >> axis & 1)


def _option_problems(operation: Operation) -> list[str]:
    for mask in _MASKS:
        if not isinstance(operation.options.get(mask, 0), int):
            return [f"its {mask} is {operation.options[mask]}"]
    if _mask(operation, "ellipsis_mask") or _mask(operation, "new_axis_mask"):
        return ["it has an ellipsis or a new axis, which TFLM ignores"]
    if operation.options.get("offset", False):
        return ["its ends are offsets, which TFLM ignores"]
    if _mask(operation, "shrink_axis_mask") & _mask(operation, "begin_mask"):
        return ["it drops an axis without saying which element stays"]
    return []


def _ranges(shape: Sizes, graph: Graph, operation: Operation) -> list[_Range]:
    begin, end, strides = (constant_integers(graph.tensors[i]) or () for i in operation.inputs[1:])
    found = []
    for axis, (size, first, stop, step) in enumerate(zip(shape, begin, end, strides, strict=True)):
        if _bit(operation, "shrink_axis_mask", axis):
            single = 1 if step > 0 else 0  # TFLM drops an axis walked backwards to nothing
            found.append(_Range(first + size if first < 0 else first, 1, single, True))
            continue
        # Negative numbers count from the end, and what lies beyond either end is cut off: in Python too.
        bounds = slice(
            None if _bit(operation, "begin_mask", axis) else first,
            None if _bit(operation, "end_mask", axis) else stop,
            step,
        )
        places = range(*bounds.indices(size))
        found.append(_Range(places.start, step, len(places), False))
    return found


OPERATOR = StridedSlice()
