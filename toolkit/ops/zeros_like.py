# SPDX-License-Identifier: Apache-2.0
"""ZEROS_LIKE: known from the shape alone; computed only where a constant would be large."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.filling import fill_call
from toolkit.ops.shared.movement import alike_problems, result_shape_problems
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator
from toolkit.targets.target import Target

_TYPES = ("int8", "int32", "int64", "float32")


class ZerosLike(Operator):
    """The input's values are not read."""

    kind = "ZEROS_LIKE"
    follows_from_shapes = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        problems = [*alike_problems(source, result, _TYPES), *result_shape_problems(result, source.shape)]
        if not problems and result.quantization is not None and result.quantization.zero_point != 0:
            problems.append("TFLM writes bytes of 0, which is not its output's zero point")
        return problems

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        result = graph.tensors[operation.outputs[0]]
        return fill_call(result, ConstantArgument("zero", np.zeros(1, result.dtype)))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        result = graph.tensors[operation.outputs[0]]
        return [np.zeros(result.shape, result.dtype)]


OPERATOR = ZerosLike()
