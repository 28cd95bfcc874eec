# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: float32 to int8, and between the 8-bit types with other scales or zero points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization, Tensor
from toolkit.ops.lookup import Int64, all_values, lookup_call
from toolkit.ops.operands import (
    count_problems,
    quantization_of,
    quantized_problems,
    rescale_problems,
    shape_problems,
    unary_problems,
)
from toolkit.ops.operator import Array, KernelCall, Operator, Target, TensorArgument, Walk
from toolkit.ops.requantize import quantize_multiplier, requantize
from toolkit.ops.walk import elementwise_walk

_BYTES = ("int8", "uint8")


class Quantize(Operator):
    """round(x / scale) + zero_point, halves away from zero, held within the output's type."""

    kind = "QUANTIZE"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if source.dtype == "float32":
            return [*quantized_problems("output", result), *shape_problems(source, result)]
        if source.dtype not in _BYTES:
            return [f"its input is {source.dtype}, not float32, int8 or uint8"]
        if source.dtype == result.dtype == "uint8":
            return ["its input and output are both uint8"]
        return unary_problems(graph, operation, _BYTES, _BYTES) or rescale_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if source.dtype != "float32":
            return lookup_call(graph, operation, _rescaled(all_values(source), source, result))
        quantization = quantization_of(result)
        return KernelCall(
            kernel="tm_quantize_s8",
            params={
                "elements": source.elements,
                "scale": quantization.scale,
                "zero_point": quantization.zero_point,
            },
            arguments=(TensorArgument(source.id), TensorArgument(result.id)),
        )

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        (value,) = inputs
        assert value is not None
        if source.dtype != "float32":
            numbers = _rescaled(value.astype(np.int64), source, result)
        else:
            numbers = _quantized(value, quantization_of(result))
        return [numbers.astype(result.dtype)]


def _rescaled(x: Int64, source: Tensor, result: Tensor) -> Int64:
    old, new = quantization_of(source), quantization_of(result)
    multiplier, shift = quantize_multiplier(old.scale / new.scale)
    numbers = requantize(x - old.zero_point, multiplier, shift) + new.zero_point
    limits = np.iinfo(result.dtype)
    return np.asarray(np.clip(numbers, limits.min, limits.max), dtype=np.int64)


def _quantized(x: Array, result: Quantization) -> Int64:
    """Return x in int8's range; not a number becomes -128, as TFLM has it on a PC."""
    with np.errstate(over="ignore", invalid="ignore"):
        steps = (x.astype(np.float32) / np.float32(result.scale)).astype(np.float64)
    steps = np.clip(np.nan_to_num(steps, nan=-1e6, posinf=1e6, neginf=-1e6), -1e6, 1e6)
    rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps).astype(np.int64)
    return np.asarray(np.clip(rounded + result.zero_point, -128, 127), dtype=np.int64)


OPERATOR = Quantize()
