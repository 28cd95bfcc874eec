# SPDX-License-Identifier: Apache-2.0
"""Operators that only move elements: copies from one grid to another, for tm_copy_strided."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from itertools import accumulate

from toolkit.ir.graph import DTYPE_BYTES, Graph, Operation, Tensor
from toolkit.ops.shared.operands import constant_integers
from toolkit.ops.shared.operator import KernelCall, Operator, ParamValue, TensorArgument
from toolkit.targets.target import Target

MOST_LOOPS = 5
"""How many axes tm_copy_strided walks, besides the run that it copies at once."""

EVERY_TYPE = tuple(DTYPE_BYTES)
WORDS = ("int8", "int16", "int32", "float32")

Sizes = tuple[int, ...]


@dataclass(frozen=True)
class Copy:
    """Elements of the tensor source to places of the tensor result, over axes of these sizes.

    Outermost axis first. A start is the place of the first element, a step leads from one element
    along its axis to the next, both in elements; a step of 0 repeats, a negative one goes backwards.
    """

    source: int
    result: int
    sizes: Sizes
    in_steps: Sizes
    out_steps: Sizes
    in_start: int = 0
    out_start: int = 0


@dataclass(frozen=True)
class _Axis:
    size: int
    in_step: int
    out_step: int


class Movement(Operator):
    """An operator that is nothing but copies; every one of them becomes a kernel call."""

    @abstractmethod
    def copies(self, graph: Graph, operation: Operation) -> list[Copy]:
        """Return the copies that make up the operation; only called when problems() is empty."""

    def lower(self, graph: Graph, operation: Operation, target: Target) -> tuple[KernelCall, ...]:
        return tuple(copy_call(graph, copy) for copy in self.copies(graph, operation))

    def keeps_bytes(self, graph: Graph, operation: Operation) -> bool:
        copies = self.copies(graph, operation)
        if len(copies) != 1 or len(operation.outputs) != 1:
            return False
        (copy,) = copies
        run, axes = _run_and_axes(copy)
        sizes = {graph.tensors[i].elements for i in (copy.source, copy.result)}
        return not axes and not copy.in_start and not copy.out_start and sizes == {run}


def steps_of(shape: Sizes) -> Sizes:
    """Return how far apart neighbours stand along each axis of a tensor of this shape."""
    return tuple(accumulate(shape[:0:-1], lambda a, b: a * b, initial=1))[::-1] if shape else ()


def whole_copy(graph: Graph, source: int, result: int) -> Copy:
    """Return the copy of all elements in their order."""
    return Copy(source, result, (graph.tensors[source].elements,), (1,), (1,))


def copy_call(graph: Graph, copy: Copy) -> KernelCall:
    """Return the kernel call for a copy: axes merged as far as they go, the inner run in bytes."""
    item = DTYPE_BYTES[graph.tensors[copy.result].dtype]
    run, axes = _run_and_axes(copy)
    axes = axes or [_Axis(1, 0, 0)]
    assert len(axes) <= MOST_LOOPS
    inner_first = axes[::-1]
    spare = [0] * (MOST_LOOPS - len(axes))
    params: dict[str, ParamValue] = {
        "run": run * item,
        "axes": len(axes),
        "in_start": copy.in_start * item,
        "out_start": copy.out_start * item,
        "size": (*(axis.size for axis in inner_first), *spare),
        "in_step": (*(axis.in_step * item for axis in inner_first), *spare),
        "out_step": (*(axis.out_step * item for axis in inner_first), *spare),
    }
    return KernelCall("tm_copy_strided", params, (TensorArgument(copy.source), TensorArgument(copy.result)))


def loops_of(copy: Copy) -> int:
    """Return over how many axes the kernel would have to walk, at most MOST_LOOPS."""
    return len(_run_and_axes(copy)[1])


def _run_and_axes(copy: Copy) -> tuple[int, list[_Axis]]:
    """Return the elements that stand side by side on both sides, and the axes around them."""
    merged: list[_Axis] = []
    for size, in_step, out_step in zip(copy.sizes, copy.in_steps, copy.out_steps, strict=True):
        axis = _Axis(size, in_step, out_step)
        if size == 1:
            continue
        if merged and (merged[-1].in_step, merged[-1].out_step) == (in_step * size, out_step * size):
            axis = _Axis(merged.pop().size * size, in_step, out_step)
        merged.append(axis)
    if merged and (merged[-1].in_step, merged[-1].out_step) == (1, 1):
        return merged.pop().size, merged
    return 1, merged


def alike_problems(source: Tensor, result: Tensor, dtypes: tuple[str, ...], name: str = "input") -> list[str]:
    """Return why an element of source is not the same number as the same element of result."""
    if source.dtype not in dtypes:
        return [f"its {name} is {source.dtype}, not {' or '.join(dtypes)}"]
    if source.dtype != result.dtype:
        return [f"its {name} is {source.dtype}, its output {result.dtype}"]
    if source.quantization != result.quantization:
        return [f"its {name} and its output are quantized differently, which TFLM ignores"]
    if source.quantization is not None and len(source.quantization.scales) != 1:
        return [f"its {name} is not quantized per tensor"]
    return []


def result_shape_problems(result: Tensor, shape: Sizes, name: str = "output") -> list[str]:
    """Return a reason if the result has not the shape that it should have."""
    if result.shape == shape:
        return []
    return [f"its {name} has the shape {list(result.shape)}, not {list(shape)}"]


def constant_axis(place: Tensor, rank: int) -> int | None:
    """Return the axis, counted from 0, that one int32 constant names; None if it names none of rank."""
    numbers = constant_integers(place) if place.dtype == "int32" else None
    return axis_of(numbers[0], rank) if numbers is not None and len(numbers) == 1 else None


def axis_of(value: object, rank: int) -> int | None:
    """Return an axis counted from 0, None if value names none of rank; -1 is the last."""
    if not isinstance(value, int) or not -rank <= value < rank:
        return None
    return value % rank
