# SPDX-License-Identifier: Apache-2.0
"""RELU6 on int8 or int16: the input held between 0 and 6, in the input's scale."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import quantization_of, rescale_problems
from toolkit.ops.shared.requantize import quantize_multiplier, requantize
from toolkit.ops.shared.slopes import Slopes, SlopesOperator
from toolkit.tflite.sizes import FOUND

_SMALLEST_SCALE = 6 / 2**30


class Relu6(SlopesOperator, LookupOperator):
    """min(max(x, 0), 6). TFLM takes 0 and 6 from the input's scale and never looks at the output's.

    In a file that TFLM cannot read (toolkit/tflite/sizes.py) it is rescaled to the output's, as in TFLite.
    """

    kind = "RELU6"
    is_rising = True

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems:
            return problems
        if FOUND in operation.options:
            return rescale_problems(graph, operation)
        scale = quantization_of(graph.tensors[operation.inputs[0]]).scale
        return [f"its input's scale {scale:g} is too small"] if scale < _SMALLEST_SCALE else []

    def table(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        if FOUND not in operation.options:
            return super().table(graph, operation, x)
        source, result = (
            quantization_of(graph.tensors[i]) for i in (operation.inputs[0], *operation.outputs)
        )
        multiplier, shift = quantize_multiplier(source.scale / result.scale)
        rescaled = requantize(x - source.zero_point, multiplier, shift) + result.zero_point
        return np.clip(rescaled, result.zero_point, min(127, result.zero_point + _six(result)))

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        return np.clip(x, source.zero_point, min(127, source.zero_point + _six(source)))

    def slopes(self, graph: Graph, operation: Operation) -> Slopes:
        six = _six(quantization_of(graph.tensors[operation.inputs[0]]))
        return Slopes(above=1.0, below=0.0, least=0, most=min(2**15 - 1, six))


def _six(source: Quantization) -> int:
    return int(np.floor(np.float32(6) / np.float32(source.scale) + 0.5))


OPERATOR = Relu6()
