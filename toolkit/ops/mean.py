# SPDX-License-Identifier: Apache-2.0
"""MEAN over any constant axes: int8, output scaled to its own quantization."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.operands import constant_integers, count_problems, quantization_of, quantized_problems
from toolkit.ops.operator import Array, KernelCall, Operator, ParamValue, Target, TensorArgument
from toolkit.ops.requantize import quantize_multiplier, requantize

_MOST_AXES = 3


@dataclass(frozen=True)
class _Axis:
    size: int
    step: int
    gone: bool


class Mean(Operator):
    """Inputs are the values and the axes to average over, negative ones counted from the last."""

    kind = "MEAN"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        problems = [*quantized_problems("input", source), *quantized_problems("output", result)]
        axes = constant_integers(graph.tensors[operation.inputs[1]])
        if axes is None:
            problems.append("its axes are not an int32 constant")
        if problems or axes is None:
            return problems
        rank = len(source.shape)
        if not all(-rank <= axis < rank for axis in axes):
            return [f"its axes {list(axes)} are not all among the {rank} of its input"]
        return problems + _size_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        axes = _merged_axes(source, _gone(graph, operation))
        multiplier, shift = _scale(graph, operation)
        params: dict[str, ParamValue] = {}
        for name, gone in (("kept", False), ("gone", True)):
            chosen = [axis for axis in axes if axis.gone == gone]
            chosen = [_Axis(1, 0, gone)] * (_MOST_AXES - len(chosen)) + chosen
            params[name] = tuple(axis.size for axis in chosen)
            params[f"{name}_step"] = tuple(axis.step for axis in chosen)
        count = _count(source, _gone(graph, operation))
        params["start"] = -quantization_of(source).zero_point * count
        params |= {"multiplier": multiplier, "shift": shift, "zero_point": quantization_of(result).zero_point}
        return KernelCall("tm_mean_s8", params, (TensorArgument(source.id), TensorArgument(result.id)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        values = inputs[0]
        assert values is not None
        real = values.astype(np.int64) - quantization_of(source).zero_point
        sums = real.sum(axis=tuple(sorted(_gone(graph, operation))))
        scaled = requantize(sums, *_scale(graph, operation)) + quantization_of(result).zero_point
        return [np.clip(scaled, -128, 127).astype(np.int8).reshape(result.shape)]


def _gone(graph: Graph, operation: Operation) -> set[int]:
    source, axes = graph.tensors[operation.inputs[0]], constant_integers(graph.tensors[operation.inputs[1]])
    return {axis % len(source.shape) for axis in axes or ()}


def _count(source: Tensor, gone: set[int]) -> int:
    return prod(source.shape[axis] for axis in gone)


def _size_problems(graph: Graph, operation: Operation) -> list[str]:
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    gone = _gone(graph, operation)
    kept = [1 if i in gone else size for i, size in enumerate(source.shape)]
    if not operation.options.get("keep_dims", False):
        kept = [size for i, size in enumerate(source.shape) if i not in gone]
    if min(source.shape, default=1) < 1:
        return [f"its input has the shape {list(source.shape)}"]
    if list(result.shape) != kept:
        return [f"its output has the shape {list(result.shape)}, not {kept}"]
    if _count(source, gone) >= 2**23:
        return ["its sums can exceed 32 bits"]
    if not quantization_of(source).scale / quantization_of(result).scale < 2.0**30:
        return ["its output's scale is too small for its input's"]
    axes = _merged_axes(source, gone)
    if max(sum(axis.gone for axis in axes), sum(not axis.gone for axis in axes)) > _MOST_AXES:
        return [f"its axes {sorted(gone)} of {len(source.shape)} lie too far apart"]
    return []


def _merged_axes(source: Tensor, gone: set[int]) -> list[_Axis]:
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


def _scale(graph: Graph, operation: Operation) -> tuple[int, int]:
    """Return multiplier and shift from sum to output: TFLM divides the multiplier by the count."""
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    multiplier, shift = quantize_multiplier(quantization_of(source).scale / quantization_of(result).scale)
    count = _count(source, _gone(graph, operation))
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << bits) // count, shift - bits


OPERATOR = Mean()
