# SPDX-License-Identifier: Apache-2.0
"""SOFTMAX over the last dimension: int8 to int8 or int16 by exp(-difference to the max), int16.

exp comes from a table, or from int8 to int8 is computed, which takes more time and less flash.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.fixed_point import exp_on_negative, one_over_one_plus
from toolkit.ops.shared.macs import count_macs
from toolkit.ops.shared.operands import (
    WIDTHS,
    demanded_quantization_problems,
    quantization_of,
    unary_problems,
    wide_zero_point_problems,
)
from toolkit.ops.shared.operator import (
    ONLY,
    Array,
    ConstantArgument,
    KernelCall,
    TensorArgument,
    Variant,
    Walk,
)
from toolkit.ops.shared.requantize import (
    Int64,
    high_mul,
    quantize_multiplier,
    requantize,
    rounding_shift_right,
)
from toolkit.ops.shared.variants import VariedOperator
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
# About what an element takes by either kernel on a Cortex-M4.
_TABLE_CYCLES, _COMPUTED_CYCLES = 60, 360
# A table this small is less than the code that computes exp. A larger one is worth its flash if it saves a
# thousandth of a model's time; a product takes one and a half cycles or more (docs/benchmarks.md).
_SMALL_TABLE = 136
_CLEAR = 0.0015
_OUTPUT = {
    ("int8", "int8"): (1 / 256, 0.0, -128),
    ("int8", "int16"): (1 / 65536, 0.001, -(2**15)),
    ("int16", "int16"): (1 / 32768, 0.001, 0),
}


class Softmax(VariedOperator):
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

    def variants(self, graph: Graph, operation: Operation, target: Target) -> tuple[Variant, ...]:
        def walks() -> tuple[Walk, ...]:
            return (elementwise_walk(graph, operation),)

        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if is_wide(graph, operation):
            return (Variant(ONLY, 0, 0, partial(_wide_call, operation, source, result), walks),)
        table = _exp_table(_input_multiplier(operation, source))
        lower = partial(_table_call, source, result, table)
        if result.dtype != "int8":
            return (Variant(ONLY, 0, 0, lower, walks),)
        saved = source.elements * (_COMPUTED_CYCLES - _TABLE_CYCLES)
        macs = sum(count_macs(graph, each) for each in graph.operations)
        is_worthwhile = table.nbytes <= _SMALL_TABLE or saved > _CLEAR * macs
        return (
            Variant("table", source.elements * _TABLE_CYCLES, 0, lower, walks, is_worthwhile),
            Variant(
                "computed",
                source.elements * _COMPUTED_CYCLES,
                0,
                partial(_computed_call, operation, source, result, len(table)),
                walks,
            ),
        )

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


def _wide_call(operation: Operation, source: Tensor, result: Tensor) -> KernelCall:
    depth = source.shape[-1]
    return wide_softmax_call(source.id, result.id, source.elements // depth, depth, _scale(operation, source))


def _table_call(source: Tensor, result: Tensor, table: NDArray[np.int32]) -> KernelCall:
    return KernelCall(
        kernel="tm_softmax_s8" if result.dtype == "int8" else "tm_softmax_s8_s16",
        params={**_rows(source), "entries": len(table)},
        arguments=(TensorArgument(source.id), ConstantArgument("exp", table), TensorArgument(result.id)),
    )


def _computed_call(operation: Operation, source: Tensor, result: Tensor, entries: int) -> KernelCall:
    multiplier, shift = _step_in_q5(_input_multiplier(operation, source))
    return KernelCall(
        kernel="tm_softmax_small_s8",
        params={**_rows(source), "entries": entries, "multiplier": multiplier, "shift": shift},
        arguments=(TensorArgument(source.id), TensorArgument(result.id)),
    )


def _rows(source: Tensor) -> dict[str, int]:
    return {"rows": source.elements // source.shape[-1], "depth": source.shape[-1]}


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


def _radius(multiplier: float) -> int:
    """Return the farthest difference that TFLM does not leave out of the sum."""
    shift = math.frexp(min(multiplier, 2.0**31 - 1))[1]
    return math.floor(math.ldexp(2.0**INTEGER_BITS - 1, 31 - INTEGER_BITS - shift))


def _step_in_q5(multiplier: float) -> tuple[int, int]:
    """Return multiplier and shift from differences to Q5; 0 where only the maximum counts."""
    return quantize_multiplier(multiplier) if _radius(multiplier) > 0 else (0, 0)


def _exp(differences: Int64, multiplier: float) -> Int64:
    """Return exp(differences) in Q0, and 0 where TFLM leaves a difference out of the sum."""
    is_near = differences >= -_radius(multiplier)
    numbers = requantize(np.where(is_near, differences, 0), *_step_in_q5(multiplier))
    return np.asarray(np.where(is_near, exp_on_negative(numbers, INTEGER_BITS), 0), dtype=np.int64)


def _exp_table(multiplier: float) -> NDArray[np.int32]:
    """Return exp(-i) for each difference i that is not too small to count in the sum."""
    exps = _exp(-np.arange(256, dtype=np.int64), multiplier)
    counted = np.flatnonzero(rounding_shift_right(exps, SUM_INTEGER_BITS))
    return exps[: counted[-1] + 1].astype(np.int32)


OPERATOR = Softmax()
