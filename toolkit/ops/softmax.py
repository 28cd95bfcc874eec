# SPDX-License-Identifier: Apache-2.0
"""SOFTMAX over the last dimension: int8 to int8 or int16 as a table of exp(-difference to the max), int16."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.fixed_point import exp_on_negative, one_over_one_plus
from toolkit.ops.shared.operands import (
    WIDTHS,
    demanded_quantization_problems,
    quantization_of,
    unary_problems,
    wide_zero_point_problems,
)
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument, Walk
from toolkit.ops.shared.requantize import (
    Int64,
    high_mul,
    quantize_multiplier,
    requantize,
    rounding_shift_right,
)
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.ops.shared.wide_softmax import (
    MOST_WIDE_CLASSES,
    MOST_WIDE_RATIO,
    step_ratio,
    wide_softmax,
    wide_softmax_call,
)
from toolkit.ops.shared.wide_table import is_wide
from toolkit.targets.target import Target

INTEGER_BITS = 5
SUM_INTEGER_BITS = 12
# More of them and the sum overflows in TFLM; from 512 on TFLM stops if all inputs are alike.
MOST_CLASSES = 2**SUM_INTEGER_BITS - 1
_OUTPUT = {
    ("int8", "int8"): (1 / 256, 0.0, -128),
    ("int8", "int16"): (1 / 65536, 0.001, -(2**15)),
    ("int16", "int16"): (1 / 32768, 0.001, 0),
}


class Softmax(Operator):
    """exp(beta * x) / sum(exp(beta * x)), in the fixed point of TFLM's reference kernel."""

    kind = "SOFTMAX"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        is_int16 = is_wide(graph, operation)
        problems = unary_problems(graph, operation, WIDTHS, ("int16",) if is_int16 else WIDTHS)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if not source.shape:
            return ["its input has no dimensions"]
        most = MOST_WIDE_CLASSES if is_int16 else MOST_CLASSES
        if source.shape[-1] > most:
            problems.append(f"it has {source.shape[-1]} classes, more than {most}")
        if is_int16:
            problems += wide_zero_point_problems(source)
        return [*problems, *_scale_problems(operation, source), *_output_problems(source, result)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if is_wide(graph, operation):
            rows, depth = source.elements // source.shape[-1], source.shape[-1]
            return wide_softmax_call(source.id, result.id, rows, depth, _scale(operation, source))
        table = _exp_table(_input_multiplier(operation, source))
        depth = source.shape[-1]
        return KernelCall(
            kernel="tm_softmax_s8" if result.dtype == "int8" else "tm_softmax_s8_s16",
            params={"rows": source.elements // depth, "depth": depth, "entries": len(table)},
            arguments=(
                TensorArgument(source.id),
                ConstantArgument("exp", table),
                TensorArgument(result.id),
            ),
        )

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        (value,) = inputs
        assert value is not None
        x = value.astype(np.int64)
        if is_wide(graph, operation):
            return [wide_softmax(x, _scale(operation, source)).astype(np.int16)]
        exps = _exp(x - x.max(axis=-1, keepdims=True), _input_multiplier(operation, source))
        totals = rounding_shift_right(exps, SUM_INTEGER_BITS).sum(axis=-1, keepdims=True)
        headroom = 32 - np.frompyfunc(int.bit_length, 1, 1)(totals.astype(object)).astype(np.int64)
        inverse = one_over_one_plus((totals << headroom) - 2**31)
        bits = 8 * np.dtype(result.dtype).itemsize
        shares = rounding_shift_right(high_mul(exps, inverse), SUM_INTEGER_BITS - headroom + 31 - bits)
        return [np.minimum(shares - 2 ** (bits - 1), 2 ** (bits - 1) - 1).astype(result.dtype)]


def _scale(operation: Operation, source: Tensor) -> float:
    """Return what one step of the input is worth, times beta."""
    beta = operation.options.get("beta", 0.0)
    assert isinstance(beta, (int, float))
    return beta * quantization_of(source).scale


def _input_multiplier(operation: Operation, source: Tensor) -> float:
    """Return what one step of the input is worth, times beta, as a Q5 number."""
    return _scale(operation, source) * 2.0 ** (31 - INTEGER_BITS)


def _scale_problems(operation: Operation, source: Tensor) -> list[str]:
    beta = operation.options.get("beta", 0.0)
    if not (isinstance(beta, (int, float)) and math.isfinite(beta)):
        return [f"its beta is {beta}"]
    if source.dtype == "int16":
        ratio = step_ratio(_scale(operation, source))
        return [] if 0 < ratio < MOST_WIDE_RATIO else [f"its beta {beta:g} makes its input's range too large"]
    if not _input_multiplier(operation, source) > 1:
        return [f"its beta {beta:g} and its input's scale {quantization_of(source).scale:g} are too small"]
    return []


def _output_problems(source: Tensor, result: Tensor) -> list[str]:
    scale, tolerance, zero_point = _OUTPUT[source.dtype, result.dtype]
    return demanded_quantization_problems(result, scale, zero_point, tolerance)


def _exp(differences: Int64, multiplier: float) -> Int64:
    """Return exp(differences) in Q0, and 0 where TFLM leaves a difference out of the sum."""
    shift = math.frexp(min(multiplier, 2.0**31 - 1))[1]
    radius = math.floor(math.ldexp(2.0**INTEGER_BITS - 1, 31 - INTEGER_BITS - shift))
    is_near = differences >= -radius
    factor, shift = quantize_multiplier(multiplier) if radius > 0 else (0, 0)
    numbers = requantize(np.where(is_near, differences, 0), factor, shift)
    return np.asarray(np.where(is_near, exp_on_negative(numbers, INTEGER_BITS), 0), dtype=np.int64)


def _exp_table(multiplier: float) -> NDArray[np.int32]:
    """Return exp(-i) for each difference i that is not too small to count in the sum."""
    exps = _exp(-np.arange(256, dtype=np.int64), multiplier)
    counted = np.flatnonzero(rounding_shift_right(exps, SUM_INTEGER_BITS))
    return exps[: counted[-1] + 1].astype(np.int32)


OPERATOR = Softmax()
