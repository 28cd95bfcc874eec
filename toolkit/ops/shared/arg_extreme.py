# SPDX-License-Identifier: Apache-2.0
"""What ARG_MAX and ARG_MIN share: the place of the largest or smallest byte along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import constant_integers, count_problems, quantized_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target


class ArgExtremeOperator(Operator):
    """Inputs are the values and one constant axis; of equal bytes the first counts."""

    is_maximum: bool

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        problems = quantized_problems("input", source)
        if result.dtype != "int32":
            problems.append(f"its output is {result.dtype}, not int32")
        axes = constant_integers(graph.tensors[operation.inputs[1]])
        rank = len(source.shape)
        if axes is None or len(axes) != 1 or graph.tensors[operation.inputs[1]].dtype != "int32":
            problems.append("its axis is not an int32 constant")
        elif not -rank <= axes[0] < rank:
            problems.append(f"its axis {axes[0]} is not one of {rank}")
        if problems:
            return problems
        axis = _axis(graph, operation)
        kept = [*source.shape[:axis], *source.shape[axis + 1 :]]
        if list(result.shape) != kept:
            return [f"its output has the shape {list(result.shape)}, not {kept}"]
        return []

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        shape, axis = graph.tensors[operation.inputs[0]].shape, _axis(graph, operation)
        params = {
            "outer": prod(shape[:axis]),
            "length": shape[axis],
            "inner": prod(shape[axis + 1 :]),
            "flip": 0 if self.is_maximum else -1,
        }
        tensors = (TensorArgument(operation.inputs[0]), TensorArgument(operation.outputs[0]))
        return KernelCall("tm_arg_extreme_s8", params, tensors)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        values = inputs[0]
        assert values is not None
        choose = np.argmax if self.is_maximum else np.argmin
        return [np.asarray(choose(values, axis=_axis(graph, operation)), dtype=np.int32)]


def _axis(graph: Graph, operation: Operation) -> int:
    axes = constant_integers(graph.tensors[operation.inputs[1]])
    assert axes is not None
    return axes[0] % len(graph.tensors[operation.inputs[0]].shape)
