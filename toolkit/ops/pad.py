# SPDX-License-Identifier: Apache-2.0
"""PAD with constant paddings: what surrounds the input is zero, as the output quantizes it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import count_problems
from toolkit.ops.shared.operator import Argument, Array, ConstantArgument
from toolkit.ops.shared.padding import Padding


class Pad(Padding):
    """Inputs are the values and the paddings."""

    kind = "PAD"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return count_problems(graph, operation, inputs=2) or self.padding_problems(graph, operation)

    def argument(self, graph: Graph, operation: Operation) -> Argument:
        return ConstantArgument("zero", self.value(graph, operation, ()))

    def value(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> Array:
        result = graph.tensors[operation.outputs[0]]
        zero = result.quantization.zero_point if result.quantization is not None else 0
        return np.array([zero], result.dtype)


OPERATOR = Pad()
