# SPDX-License-Identifier: Apache-2.0
"""What MINIMUM and MAXIMUM share: the smaller or larger of two numbers that mean the same numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.elementwise import elementwise_problems, planned_call
from toolkit.ops.shared.operands import SUFFIXES, WIDTHS, same_quantization_problems
from toolkit.ops.shared.operator import Array, KernelCall
from toolkit.ops.shared.whole import WholeOperator

MOST_DIMENSIONS = 5


class ExtremeOperator(WholeOperator):
    """TFLM compares bytes, so all three tensors have to be quantized alike."""

    is_maximum: bool
    most_dimensions = MOST_DIMENSIONS

    def quantized_problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = elementwise_problems(graph, operation, MOST_DIMENSIONS, WIDTHS)
        if problems:
            return problems
        result = graph.tensors[operation.outputs[0]]
        for name, i in zip(("first input", "second input"), operation.inputs, strict=True):
            problems += same_quantization_problems(graph.tensors[i], result, name)
        return problems

    def call(self, graph: Graph, operation: Operation) -> KernelCall:
        left, right = operation.inputs
        params = {"flip": 0 if self.is_maximum else -1}
        result = graph.tensors[operation.outputs[0]]
        kernel = f"tm_extreme_{SUFFIXES[result.dtype]}"
        return planned_call(graph, kernel, (left, right), result.id, params)

    def quantized_reference(
        self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]
    ) -> list[Array]:
        left, right = inputs
        assert left is not None and right is not None
        choose = np.maximum if self.is_maximum else np.minimum
        return [choose(left, right).astype(graph.tensors[operation.outputs[0]].dtype)]
