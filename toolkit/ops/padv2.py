# SPDX-License-Identifier: Apache-2.0
"""PADV2 with constant paddings and any value, quantized like the output."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.movement import WORDS, alike_problems
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Argument, Array, TensorArgument
from toolkit.ops.shared.padding import Padding


class PadV2(Padding):
    """Inputs are the values, the paddings and the value, which need not be constant."""

    kind = "PADV2"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = count_problems(graph, operation, inputs=3) or self.padding_problems(graph, operation)
        if problems:
            return problems
        value, result = graph.tensors[operation.inputs[2]], graph.tensors[operation.outputs[0]]
        if value.elements != 1:
            return [f"its value has {value.elements} elements"]
        return alike_problems(value, result, WORDS, "value")

    def argument(self, graph: Graph, operation: Operation) -> Argument:
        return TensorArgument(operation.inputs[2])

    def value(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> Array:
        assert inputs[2] is not None
        return inputs[2].reshape(1)


OPERATOR = PadV2()
