# SPDX-License-Identifier: Apache-2.0
"""LOG_SOFTMAX over the last dimension on int8, in the fixed point of TFLM's reference kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.fixed_point import exp_on_negative, log_of_sum
from toolkit.ops.shared.operands import demanded_quantization_problems, quantization_of, unary_problems
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.requantize import Int64, quantize_multiplier, requantize, rounding_shift_right
from toolkit.targets.target import Target

INTEGER_BITS = 5
OUTPUT_INTEGER_BITS = 4
SUM_INTEGER_BITS = 12
_MOST_CLASSES = 2**SUM_INTEGER_BITS - 1


class LogSoftmax(Operator):
    """x - max - log(sum(exp(x - max))), in steps of 1/16 down from 127."""

    kind = "LOG_SOFTMAX"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = unary_problems(graph, operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if not source.shape:
            return ["its input has no dimensions"]
        if source.shape[-1] > _MOST_CLASSES:
            problems.append(f"it has {source.shape[-1]} classes, more than {_MOST_CLASSES}")
        scale = quantization_of(source).scale
        if not 2.0**-26 < scale < 16:
            problems.append(f"its input's scale {scale:g} is not between 2**-26 and 16")
        return [*problems, *demanded_quantization_problems(result, 1 / 16, 127)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source = graph.tensors[operation.inputs[0]]
        depth = source.shape[-1]
        multiplier, shift = quantize_multiplier(_input_multiplier(source))
        reverse_multiplier, reverse_shift = _reverse(source)
        differences = -np.arange(256, dtype=np.int64)
        exps = rounding_shift_right(_exps(differences, source), SUM_INTEGER_BITS)
        table = exps[: np.flatnonzero(exps)[-1] + 1].astype(np.int32)
        params = {
            "rows": source.elements // depth,
            "depth": depth,
            "entries": len(table),
            "multiplier": multiplier,
            "shift": shift,
            "least_difference": _least_difference(source),
            "reverse_multiplier": reverse_multiplier,
            "reverse_shift": reverse_shift,
        }
        arguments = (
            TensorArgument(source.id),
            ConstantArgument("exp", table),
            TensorArgument(operation.outputs[0]),
        )
        return KernelCall("tm_log_softmax_s8", params, arguments)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source = graph.tensors[operation.inputs[0]]
        (value,) = inputs
        assert value is not None
        x = value.astype(np.int64)
        differences = x - x.max(axis=-1, keepdims=True)
        exps = rounding_shift_right(_exps(differences, source), SUM_INTEGER_BITS)
        logs = log_of_sum(exps.sum(axis=-1, keepdims=True), SUM_INTEGER_BITS, INTEGER_BITS)
        least = np.maximum(_least_difference(source) - 1, requantize(logs - 2**31, *_reverse(source)))
        is_near = differences > least
        scaled = requantize(
            np.where(is_near, differences, 0), *quantize_multiplier(_input_multiplier(source))
        )
        steps = rounding_shift_right(scaled - logs, 31 - INTEGER_BITS - OUTPUT_INTEGER_BITS)
        return [np.where(is_near, np.clip(steps + 127, -128, 127), -128).astype(np.int8)]


def _input_multiplier(source: Tensor) -> float:
    """Return what one step of the input is worth as a Q5 number."""
    return quantization_of(source).scale * 2.0 ** (31 - INTEGER_BITS)


def _least_difference(source: Tensor) -> int:
    """Return the difference to the maximum from which on its exp counts."""
    shift = quantize_multiplier(_input_multiplier(source))[1]
    return -math.floor(math.ldexp(2.0**INTEGER_BITS - 1, 31 - INTEGER_BITS - shift))


def _reverse(source: Tensor) -> tuple[int, int]:
    """Return multiplier and shift from Q5 numbers to steps of the input."""
    multiplier, shift = quantize_multiplier(_input_multiplier(source))
    return quantize_multiplier(2.0 ** (31 - shift) / multiplier)


def _exps(differences: Int64, source: Tensor) -> NDArray[np.int64]:
    """Return exp(differences) in Q0, and 0 where TFLM leaves a difference out of the sum."""
    is_near = differences >= _least_difference(source)
    multiplier = quantize_multiplier(_input_multiplier(source))
    numbers = requantize(np.where(is_near, differences, 0), *multiplier)
    return np.where(is_near, exp_on_negative(numbers, INTEGER_BITS), 0).astype(np.int64)


OPERATOR = LogSoftmax()
