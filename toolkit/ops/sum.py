# SPDX-License-Identifier: Apache-2.0
"""SUM over any constant axes: int8 or int16, output scaled to its own quantization."""

from __future__ import annotations

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operands import step_ratio
from toolkit.ops.shared.reduction import reduced_count
from toolkit.ops.shared.requantize import quantize_multiplier
from toolkit.ops.shared.sums import SumOperator


class Sum(SumOperator):
    """The sum, rescaled."""

    kind = "SUM"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if not problems and not reduced_count(graph, operation) * step_ratio(graph, operation) < 2.0**22:
            problems.append("its output's scale is too small for its input's")
        return problems

    def scale(self, graph: Graph, operation: Operation) -> tuple[int, int]:
        return quantize_multiplier(step_ratio(graph, operation))


OPERATOR = Sum()
