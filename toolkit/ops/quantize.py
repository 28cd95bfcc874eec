# SPDX-License-Identifier: Apache-2.0
"""QUANTIZE: float32 to int8 or int16, and between integers of other types, scales or zero points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.shared.channel_flow import ChannelFlow, channels_of, straight
from toolkit.ops.shared.lookup import Int64, all_values, lookup_call
from toolkit.ops.shared.operands import (
    SUFFIXES,
    WIDTHS,
    count_problems,
    quantization_of,
    quantized_problems,
    rescale_problems,
    shape_problems,
    step_ratio,
    unary_problems,
)
from toolkit.ops.shared.operator import Array, KernelCall, Operator, ParamValue, TensorArgument, Walk
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.slopes import Slopes, slopes_call
from toolkit.ops.shared.walk import elementwise_walk
from toolkit.targets.target import Target

_BYTES = ("int8", "uint8")
_RESULTS = {
    "float32": WIDTHS,
    "int8": ("int8", "uint8", "int16", "int32"),
    "uint8": ("int8",),
    "int16": (*WIDTHS, "int32"),
    "int32": WIDTHS,
}
_ENDS = {**SUFFIXES, "int32": "s32"}


class Quantize(Operator):
    """round(x / scale) + zero_point, halves away from zero, held within the output's type."""

    kind = "QUANTIZE"
    is_rising = True
    is_elementwise = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        results = _RESULTS.get(source.dtype)
        if results is None:
            return [f"its input is {source.dtype}, not {', '.join(_RESULTS)}"]
        if source.dtype == result.dtype == "uint8":
            return ["its input and output are both uint8"]
        if source.dtype == "float32":
            return [*quantized_problems("output", result, results), *shape_problems(source, result)]
        problems = unary_problems(graph, operation, (source.dtype,), results)
        problems = problems or _zero_point_problems(source, result)
        return problems or rescale_problems(graph, operation)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if source.dtype == "float32":
            return _float_call(source, result)
        if source.dtype in _BYTES and result.dtype in _BYTES:
            return lookup_call(graph, operation, _rescaled(all_values(source), source, result))
        zero_points = [quantization_of(tensor).zero_point for tensor in (source, result)]
        if source.dtype == result.dtype and not any(zero_points):
            ratio = step_ratio(graph, operation)
            return slopes_call(graph, operation, Slopes(above=ratio, below=ratio))
        multiplier, shift = quantize_multiplier(step_ratio(graph, operation))
        params: dict[str, ParamValue] = {
            "elements": source.elements,
            "multiplier": multiplier,
            "shift": shift,
        }
        for name, tensor, point in zip(
            ("in_zero_point", "out_zero_point"), (source, result), zero_points, strict=True
        ):
            if tensor.dtype != "int32":
                params[name] = point
        return KernelCall(
            kernel=f"tm_rescale_{_ENDS[source.dtype]}_{_ENDS[result.dtype]}",
            params=params,
            arguments=(TensorArgument(source.id), TensorArgument(result.id)),
        )

    def is_pixelwise(self, graph: Graph, operation: Operation) -> bool:
        return True

    def channel_flow(self, graph: Graph, operation: Operation) -> tuple[ChannelFlow, ...] | None:
        return (straight(0, channels_of(graph.tensors[operation.inputs[0]])),)

    def walks(self, graph: Graph, operation: Operation, target: Target) -> tuple[Walk, ...]:
        return (elementwise_walk(graph, operation),)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        (value,) = inputs
        assert value is not None
        if source.dtype != "float32":
            numbers = _rescaled(value.astype(np.int64), source, result)
        else:
            numbers = _quantized(value, result)
        return [numbers.astype(result.dtype)]


def _zero_point_problems(source: Tensor, result: Tensor) -> list[str]:
    """Return a reason if a zero point makes TFLM's int32 overflow."""
    for tensor in (source, result):
        if tensor.dtype == "int32" and quantization_of(tensor).zero_point:
            return ["it is on int32 with a zero point that is not 0, with which TFLM's sums overflow"]
    old, new = quantization_of(source), quantization_of(result)
    if (
        source.dtype == "int32"
        and result.dtype == "int16"
        and 2**31 * old.scale / new.scale + abs(new.zero_point) >= 2**31
    ):
        return [f"the scale of its input is {old.scale / new.scale:g} times that of its output"]
    return []


def _rescaled(x: Int64, source: Tensor, result: Tensor) -> Int64:
    old, new = quantization_of(source), quantization_of(result)
    multiplier, shift = quantize_multiplier(old.scale / new.scale)
    numbers = requantize(x - old.zero_point, multiplier, shift) + new.zero_point
    limits = np.iinfo(result.dtype)
    return np.asarray(np.clip(numbers, limits.min, limits.max), dtype=np.int64)


def _float_call(source: Tensor, result: Tensor) -> KernelCall:
    quantization = quantization_of(result)
    params: dict[str, ParamValue] = {"elements": source.elements, "scale": quantization.scale}
    params["zero_point"] = quantization.zero_point
    kernel = f"tm_quantize_{SUFFIXES[result.dtype]}"
    return KernelCall(kernel, params, (TensorArgument(source.id), TensorArgument(result.id)))


def _quantized(x: Array, result: Tensor) -> Int64:
    """Return x in the result's range; not a number becomes the least, as TFLM has it on a PC."""
    quantization, limits = quantization_of(result), np.iinfo(result.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = (x.astype(np.float32) / np.float32(quantization.scale)).astype(np.float64)
    steps = np.clip(np.nan_to_num(steps, nan=-1e6, posinf=1e6, neginf=-1e6), -1e6, 1e6)
    rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps).astype(np.int64)
    moved = rounded + quantization.zero_point
    return np.asarray(np.clip(moved, limits.min, limits.max), dtype=np.int64)


OPERATOR = Quantize()
