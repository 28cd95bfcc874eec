# SPDX-License-Identifier: Apache-2.0
"""What operators demand of the tensors they read and write, as phrases for problems()."""

from __future__ import annotations

import math
from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation, Quantization, Tensor

WIDTHS = ("int8", "int16")
"""The types of activations; those of one operation are of one type."""
SUFFIXES = {"int8": "s8", "int16": "s16"}
"""The ends of the kernels' names for them."""
_LIMITS = {
    "int8": (-128, 127),
    "uint8": (0, 255),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
}
_LARGEST_RATIOS = {"int16": 2**14, "int32": 1 - 2**-32}


def count_problems(graph: Graph, operation: Operation, inputs: int, outputs: int = 1) -> list[str]:
    """Return a reason unless there are exactly so many inputs and outputs, none of them left out."""
    for name, ids, count in (("inputs", operation.inputs, inputs), ("outputs", operation.outputs, outputs)):
        if len(ids) != count:
            return [f"it has {len(ids)} {name}, not {count}"]
        if not all(0 <= i < len(graph.tensors) for i in ids):
            return [f"one of its {name} is left out"]
    if any(graph.tensors[i].is_constant for i in operation.outputs):
        return ["its output is a constant"]
    if any(graph.tensors[i].elements == 0 for i in (*operation.inputs, *operation.outputs)):
        return ["it has a tensor without elements"]
    return []


def quantized_problems(name: str, tensor: Tensor, dtypes: Sequence[str] = ("int8",)) -> list[str]:
    """Return why tensor is not of one of dtypes, quantized per tensor with a scale that can be used."""
    if tensor.dtype not in dtypes:
        return [f"its {name} is {tensor.dtype}, not {' or '.join(dtypes)}"]
    found = tensor.quantization
    if found is None or not found.scales or not found.zero_points:
        return [f"its {name} is not quantized"]
    if len(found.scales) > 1 or len(found.zero_points) > 1:
        return [f"its {name} is quantized per channel"]
    if not (math.isfinite(found.scale) and found.scale > 0):
        return [f"the scale of its {name} is {found.scale}"]
    least, most = _LIMITS[tensor.dtype]
    if not least <= found.zero_point <= most:
        return [f"the zero point {found.zero_point} of its {name} is outside {tensor.dtype}"]
    return []


def wide_zero_point_problems(*tensors: Tensor) -> list[str]:
    """Return a reason if a zero point of int16 tensors is not 0, which TFLM refuses or ignores; nor is it
    ever another for int32.
    """
    for dtype in ("int16", "int32"):
        if any(t.dtype == dtype and quantization_of(t).zero_point != 0 for t in tensors):
            return [f"it is on {dtype} with a zero point that is not 0, which TFLM refuses or ignores"]
    return []


def unary_problems(
    graph: Graph,
    operation: Operation,
    input_dtypes: Sequence[str] = ("int8",),
    output_dtypes: Sequence[str] = ("int8",),
) -> list[str]:
    """Return why this is not one quantized input and one quantized output of the same shape."""
    problems = count_problems(graph, operation, inputs=1)
    if problems:
        return problems
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    return [
        *quantized_problems("input", source, input_dtypes),
        *quantized_problems("output", result, output_dtypes),
        *shape_problems(source, result),
    ]


def shape_problems(source: Tensor, result: Tensor) -> list[str]:
    """Return a reason if the two shapes differ."""
    if source.shape != result.shape:
        return [f"its input has the shape {list(source.shape)}, its output {list(result.shape)}"]
    return []


def quantization_of(tensor: Tensor) -> Quantization:
    """Return the quantization of a tensor that problems() found to have one."""
    assert tensor.quantization is not None
    return tensor.quantization


def step_ratio(graph: Graph, operation: Operation) -> float:
    """Return what one step of the input is in steps of the output."""
    source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
    return quantization_of(source).scale / quantization_of(result).scale


def rescale_problems(graph: Graph, operation: Operation) -> list[str]:
    """Return a reason if the input's scale is so much the larger that TFLM's int32 overflows."""
    source, ratio = graph.tensors[operation.inputs[0]], step_ratio(graph, operation)
    if ratio >= _LARGEST_RATIOS.get(source.dtype, 2**22):
        return [f"the scale of its input is {ratio:g} times that of its output"]
    return []


def same_quantization_problems(source: Tensor, result: Tensor, name: str = "input") -> list[str]:
    """Return a reason if two tensors, both quantized, mean different numbers by the same bytes."""
    if quantization_of(source) != quantization_of(result):
        return [f"its {name} and its output are quantized differently, which TFLM ignores"]
    return []


def demanded_quantization_problems(
    result: Tensor, scale: float, zero_point: int, tolerance: float = 0.0
) -> list[str]:
    """Return a reason if the output has not the scale, a share tolerance off at most, and the zero point
    that TFLM computes with whatever the model says.
    """
    found = quantization_of(result)
    if abs(found.scale - scale) > tolerance * scale or found.zero_point != zero_point:
        expected = f"scale 1/{1 / scale:g} and zero point {zero_point}"
        return [f"its output has scale {found.scale:g} and zero point {found.zero_point}, not {expected}"]
    return []


def constant_integers(tensor: Tensor) -> tuple[int, ...] | None:
    """Return the elements of a constant int32 or int64 tensor, None if it is not one."""
    if tensor.data is None or tensor.dtype not in ("int32", "int64"):
        return None
    return tuple(int(value) for value in tensor.data.ravel().tolist())
