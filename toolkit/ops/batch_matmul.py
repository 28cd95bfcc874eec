# SPDX-License-Identifier: Apache-2.0
"""BATCH_MATMUL: int8 or int16 matrices, each of them transposed or not, whose batches broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.operands import (
    SUFFIXES,
    WIDTHS,
    count_problems,
    quantization_of,
    quantized_problems,
    wide_zero_point_problems,
)
from toolkit.ops.shared.operator import Array, KernelCall, Operator, ParamValue, TensorArgument
from toolkit.ops.shared.requantize import quantize_multiplier, reduced_multiplier, requantize, requantize_once
from toolkit.targets.target import Target

_OUTER = 3
_LONGEST = 2**31 // (256 * 512)


@dataclass(frozen=True)
class _Matrix:
    """An operand as (rows, columns) behind its batches; steps are in elements."""

    batches: tuple[int, ...]
    rows: int
    columns: int
    row_step: int
    column_step: int

    def batch_steps(self, outer: tuple[int, ...]) -> tuple[int, ...]:
        """Return the steps from a batch to the next along each dimension of outer; 0 to stand still."""
        sizes = (1,) * (len(outer) - len(self.batches)) + self.batches
        matrix = self.rows * self.columns
        steps = [matrix * prod(sizes[i + 1 :]) for i in range(len(sizes))]
        return tuple(step if size > 1 else 0 for size, step in zip(sizes, steps, strict=True))


class BatchMatmul(Operator):
    """left (..., rows, depth) times right (..., depth, columns); adj_x and adj_y transpose them."""

    kind = "BATCH_MATMUL"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        left, right, result = _tensors(graph, operation)
        for name, tensor in (("left input", left), ("right input", right), ("output", result)):
            problems += quantized_problems(name, tensor, (left.dtype,) if left.dtype in WIDTHS else WIDTHS)
            if not 2 <= len(tensor.shape) <= _OUTER + 2:
                problems.append(f"its {name} has {len(tensor.shape)} dimensions, not 2 to {_OUTER + 2}")
        problems = problems or wide_zero_point_problems(left, right, result)
        if problems:
            return problems
        one, other = _matrices(graph, operation)
        if one.columns != other.rows:
            problems.append(f"its matrices of {one.columns} columns and {other.rows} rows do not meet")
        if one.columns > _LONGEST:
            problems.append("its sums can exceed 32 bits")
        try:
            batches = np.broadcast_shapes(one.batches, other.batches)
        except ValueError:
            return [*problems, f"its batches {list(one.batches)} and {list(other.batches)} do not broadcast"]
        expected = (*batches, one.rows, other.columns)
        if result.shape != expected:
            problems.append(f"its output has the shape {list(result.shape)}, not {list(expected)}")
        scale = _scale(graph, operation)
        if not (scale * 2**30 * one.columns < 2**31 if left.dtype == "int16" else scale < 2.0**30):
            problems.append("its output's scale is too small for those of its inputs")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        left, right, result = _tensors(graph, operation)
        one, other = _matrices(graph, operation)
        batches = result.shape[:-2]
        outer = (1,) * (_OUTER - len(batches)) + batches
        multiplier, shift = _rescaling(graph, operation)
        params: dict[str, ParamValue] = {
            "batches": outer,
            "left_batch_steps": one.batch_steps(outer),
            "right_batch_steps": other.batch_steps(outer),
            "rows": one.rows,
            "depth": one.columns,
            "columns": other.columns,
            "left_row_step": one.row_step,
            "left_step": one.column_step,
            "right_step": other.row_step,
            "right_column_step": other.column_step,
            "multiplier": multiplier,
            "shift": shift,
        }
        if result.dtype == "int8":
            points = zip(("left", "right", "output"), (left, right, result), strict=True)
            params |= {f"{name}_zero_point": quantization_of(tensor).zero_point for name, tensor in points}
        return KernelCall(
            kernel=f"tm_batch_matmul_{SUFFIXES[result.dtype]}",
            params=params,
            arguments=(TensorArgument(left.id), TensorArgument(right.id), TensorArgument(result.id)),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        left, right, result = _tensors(graph, operation)
        real = []
        for value, tensor, option in zip(inputs, (left, right), ("adj_x", "adj_y"), strict=True):
            assert value is not None
            centred = value.astype(np.int64) - quantization_of(tensor).zero_point
            real.append(centred.swapaxes(-1, -2) if operation.options.get(option, False) else centred)
        sums = real[0] @ real[1]
        rescale = requantize if result.dtype == "int8" else requantize_once
        scaled = rescale(sums, *_rescaling(graph, operation)) + quantization_of(result).zero_point
        limits = np.iinfo(result.dtype)
        return [np.clip(scaled, limits.min, limits.max).astype(result.dtype)]


def _tensors(graph: Graph, operation: Operation) -> tuple[Tensor, Tensor, Tensor]:
    left, right = (graph.tensors[i] for i in operation.inputs)
    return left, right, graph.tensors[operation.outputs[0]]


def _matrices(graph: Graph, operation: Operation) -> tuple[_Matrix, _Matrix]:
    left, right, _ = _tensors(graph, operation)
    return _matrix(left, operation, "adj_x"), _matrix(right, operation, "adj_y")


def _matrix(tensor: Tensor, operation: Operation, option: str) -> _Matrix:
    rows, columns = tensor.shape[-2:]
    if operation.options.get(option, False):
        return _Matrix(tensor.shape[:-2], columns, rows, 1, columns)
    return _Matrix(tensor.shape[:-2], rows, columns, columns, 1)


def _rescaling(graph: Graph, operation: Operation) -> tuple[int, int]:
    """Return multiplier and shift of the sums: for requantize, with int16 for requantize_once."""
    pair = quantize_multiplier(_scale(graph, operation))
    is_wide = graph.tensors[operation.outputs[0]].dtype == "int16"
    return reduced_multiplier(*pair) if is_wide else pair


def _scale(graph: Graph, operation: Operation) -> float:
    """Return the scale of the sums; TFLM multiplies those of the inputs in float32."""
    left, right, result = (quantization_of(t).scale for t in _tensors(graph, operation))
    with np.errstate(over="ignore", under="ignore"):
        return float(np.float32(left) * np.float32(right)) / result


OPERATOR = BatchMatmul()
