# SPDX-License-Identifier: Apache-2.0
"""FILL a constant shape with one value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.filling import fill_call
from toolkit.ops.shared.movement import alike_problems, result_shape_problems
from toolkit.ops.shared.operands import constant_integers, count_problems
from toolkit.ops.shared.operator import Array, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target

_TYPES = ("int8", "int32", "float32")


class Fill(Operator):
    """Inputs are the shape and the value, a scalar that need not be constant."""

    kind = "FILL"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=2)
        if problems:
            return problems
        value, result = graph.tensors[operation.inputs[1]], graph.tensors[operation.outputs[0]]
        shape = constant_integers(graph.tensors[operation.inputs[0]])
        if shape is None:
            return ["its shape is not an integer constant"]
        if value.shape != ():
            return [f"its value has the shape {list(value.shape)}, not []"]
        return [*alike_problems(value, result, _TYPES, "value"), *result_shape_problems(result, shape)]

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        return fill_call(graph.tensors[operation.outputs[0]], TensorArgument(operation.inputs[1]))

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        assert inputs[1] is not None
        return [np.full(graph.tensors[operation.outputs[0]].shape, inputs[1])]


OPERATOR = Fill()
