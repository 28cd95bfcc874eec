# SPDX-License-Identifier: Apache-2.0
"""PAD with constant paddings: int8, the padding is the quantized zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.operands import (
    constant_integers,
    count_problems,
    quantization_of,
    quantized_problems,
    same_quantization_problems,
)
from toolkit.ops.operator import Array, KernelCall, Operator, ParamValue, Target, TensorArgument

_MOST_AXES = 5


class Pad(Operator):
    """Inputs are the values and the paddings, (axes, 2): before and after."""

    kind = "PAD"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        problems = [*quantized_problems("input", source), *quantized_problems("output", result)]
        rank = len(source.shape)
        if not 1 <= rank <= _MOST_AXES or min(source.shape) < 1:
            problems.append(f"its input has the shape {list(source.shape)}, not 1 to {_MOST_AXES} sizes")
        numbers = constant_integers(graph.tensors[operation.inputs[1]])
        if numbers is None or len(numbers) != 2 * rank or min(numbers, default=0) < 0:
            problems.append(f"its paddings are not an integer constant of {rank} pairs of 0 or more")
        if problems or numbers is None:
            return problems
        padded = tuple(s + b + a for s, b, a in zip(source.shape, numbers[::2], numbers[1::2], strict=True))
        if result.shape != padded:
            problems.append(f"its output has the shape {list(result.shape)}, not {list(padded)}")
        return problems + same_quantization_problems(source, result)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        sizes = _Sizes(graph, operation)
        params: dict[str, ParamValue] = {
            "in": sizes.source,
            "before": sizes.before,
            "out": sizes.result,
            "value": quantization_of(result).zero_point,
        }
        return KernelCall("tm_pad_s8", params, (TensorArgument(source.id), TensorArgument(result.id)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values, pairs = inputs[0], graph.tensors[operation.inputs[1]].data
        assert values is not None
        assert pairs is not None
        zero = quantization_of(graph.tensors[operation.outputs[0]]).zero_point
        return [np.pad(values, pairs.astype(np.int64).reshape(-1, 2), constant_values=zero)]


class _Sizes:
    """Sizes and paddings of exactly five axes: inner axes without padding are merged into one."""

    def __init__(self, graph: Graph, operation: Operation) -> None:
        shape = list(graph.tensors[operation.inputs[0]].shape)
        numbers = constant_integers(graph.tensors[operation.inputs[1]]) or ()
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        while len(shape) > 1 and pairs[-1] == (0, 0):
            inner = shape.pop()
            pairs.pop()
            shape[-1] *= inner
            pairs[-1] = (pairs[-1][0] * inner, pairs[-1][1] * inner)
        shape = [1] * (_MOST_AXES - len(shape)) + shape
        pairs = [(0, 0)] * (_MOST_AXES - len(pairs)) + pairs
        self.source = tuple(shape)
        self.before = tuple(before for before, _ in pairs)
        self.result = tuple(s + before + after for s, (before, after) in zip(shape, pairs, strict=True))


OPERATOR = Pad()
