# SPDX-License-Identifier: Apache-2.0
"""ABS on int8 or int16: what lies below the zero point, mirrored."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import rescale_problems, step_ratio
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.slopes import Slopes, SlopesOperator


class Abs(SlopesOperator, LookupOperator):
    """|x|, rescaled to the output's scale."""

    kind = "ABS"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        return super().problems(graph, operation) or rescale_problems(graph, operation)

    def slopes(self, graph: Graph, operation: Operation) -> Slopes:
        ratio = step_ratio(graph, operation)
        return Slopes(above=ratio, below=ratio, mirrored=True)

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        multiplier, shift = quantize_multiplier(source.scale / result.scale)
        rescaled = requantize(np.abs(x - source.zero_point), multiplier, shift)
        return np.clip(rescaled + result.zero_point, -128, 127)


OPERATOR = Abs()
