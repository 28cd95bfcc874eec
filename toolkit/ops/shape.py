# SPDX-License-Identifier: Apache-2.0
"""SHAPE: always known, and so a constant; computed only where the graph gives it out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import result_shape_problems
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument
from toolkit.targets.target import Target


class Shape(Operator):
    """The input's sizes as int32."""

    kind = "SHAPE"
    follows_from_shapes = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=1)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if result.dtype != "int32":
            return [f"its output is {result.dtype}, not int32"]
        return result_shape_problems(result, (len(source.shape),))

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        (shape,) = self.reference(graph, operation, ())
        return KernelCall(
            "tm_reshape_s8",
            {"bytes": shape.nbytes},
            (ConstantArgument("shape", shape), TensorArgument(operation.outputs[0])),
        )

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        return [np.array(graph.tensors[operation.inputs[0]].shape, np.int32)]


OPERATOR = Shape()
