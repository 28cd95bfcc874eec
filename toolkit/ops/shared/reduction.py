# SPDX-License-Identifier: Apache-2.0
"""What MEAN, SUM, REDUCE_MAX and REDUCE_MIN share: the axes that go, and those that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.operands import (
    constant_integers,
    count_problems,
    quantized_problems,
    wide_zero_point_problems,
)
from toolkit.ops.shared.operator import ParamValue

_MOST_AXES = 3


@dataclass(frozen=True)
class _Axis:
    size: int
    step: int
    gone: bool


def reduction_problems(graph: Graph, operation: Operation, dtypes: Sequence[str] = ("int8",)) -> list[str]:
    """Return why this is not an input of one of dtypes, constant axes and the output that follows."""
    problems = count_problems(graph, operation, inputs=2)
    if problems:
        return problems
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    problems = [
        *quantized_problems("input", source, dtypes),
        *quantized_problems("output", result, (source.dtype,) if source.dtype in dtypes else dtypes),
    ] or wide_zero_point_problems(source, result)
    axes = constant_integers(graph.tensors[operation.inputs[1]])
    if axes is None:
        problems.append("its axes are not an int32 constant")
    if problems or axes is None:
        return problems
    rank = len(source.shape)
    if not all(-rank <= axis < rank for axis in axes):
        return [f"its axes {list(axes)} are not all among the {rank} of its input"]
    return _shape_problems(graph, operation)


def gone_axes(graph: Graph, operation: Operation) -> tuple[int, ...]:
    """Return the axes that go, in order."""
    source, axes = graph.tensors[operation.inputs[0]], constant_integers(graph.tensors[operation.inputs[1]])
    return tuple(sorted({axis % len(source.shape) for axis in axes or ()}))


def reduced_count(graph: Graph, operation: Operation) -> int:
    """Return how many elements of the input make one of the output."""
    source = graph.tensors[operation.inputs[0]]
    return prod(source.shape[axis] for axis in gone_axes(graph, operation))


def reduction_params(graph: Graph, operation: Operation) -> dict[str, ParamValue]:
    """Return kept, kept_step, gone and gone_step as kernels/tm_mean_s8.h has them."""
    axes = _merged_axes(graph.tensors[operation.inputs[0]], gone_axes(graph, operation))
    params: dict[str, ParamValue] = {}
    for name, gone in (("kept", False), ("gone", True)):
        chosen = [axis for axis in axes if axis.gone == gone]
        chosen = [_Axis(1, 0, gone)] * (_MOST_AXES - len(chosen)) + chosen
        params[name] = tuple(axis.size for axis in chosen)
        params[f"{name}_step"] = tuple(axis.step for axis in chosen)
    return params


def _shape_problems(graph: Graph, operation: Operation) -> list[str]:
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    gone = gone_axes(graph, operation)
    kept = [1 if i in gone else size for i, size in enumerate(source.shape)]
    if not operation.options.get("keep_dims", False):
        kept = [size for i, size in enumerate(source.shape) if i not in gone]
    if min(source.shape, default=1) < 1:
        return [f"its input has the shape {list(source.shape)}"]
    if list(result.shape) != kept:
        return [f"its output has the shape {list(result.shape)}, not {kept}"]
    axes = _merged_axes(source, gone)
    if max(sum(axis.gone for axis in axes), sum(not axis.gone for axis in axes)) > _MOST_AXES:
        return [f"its axes {list(gone)} of {len(source.shape)} lie too far apart"]
    return []


def _merged_axes(source: Tensor, gone: tuple[int, ...]) -> list[_Axis]:
    """Return the input's axes, outermost first; neighbours that stay or go together are one."""
    axes: list[_Axis] = []
    step = 1
    for i in reversed(range(len(source.shape))):
        size = source.shape[i]
        if size > 1 and axes and axes[0].gone == (i in gone):
            axes[0] = _Axis(axes[0].size * size, axes[0].step, axes[0].gone)
        elif size > 1:
            axes.insert(0, _Axis(size, step, i in gone))
        step *= size
    return axes
