# SPDX-License-Identifier: Apache-2.0
"""The input of LOGISTIC and TANH as Q4 numbers, and where it is so far out that it saturates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.requantize import Int64, quantize_multiplier, requantize

INTEGER_BITS = 4
_ONE = 2.0 ** (31 - INTEGER_BITS)


@dataclass(frozen=True, eq=False)
class SigmoidInput:
    """numbers are Q4, and mean something only where neither is_lowest nor is_highest is set."""

    numbers: Int64
    is_lowest: NDArray[np.bool_]
    is_highest: NDArray[np.bool_]


def sigmoid_input(x: Int64, source: Quantization) -> SigmoidInput:
    """Return the real numbers of x, which is quantized like source, as Q4 within about +-15."""
    shift = math.frexp(source.scale * _ONE)[1]
    radius = math.floor(math.ldexp(15, 31 - INTEGER_BITS - shift))
    multiplier, shift = quantize_multiplier(source.scale * _ONE) if radius > 0 else (0, 0)
    centred = x - source.zero_point
    is_lowest, is_highest = centred <= -radius, centred >= radius
    numbers = requantize(np.where(is_lowest | is_highest, 0, centred), multiplier, shift)
    return SigmoidInput(numbers, is_lowest, is_highest)


def input_scale_problems(graph: Graph, operation: Operation) -> list[str]:
    """Return a reason if the input's scale is so small that TFLM's radius overflows."""
    scale = quantization_of(graph.tensors[operation.inputs[0]]).scale
    return [f"its input's scale {scale:g} is too small"] if scale * _ONE < 0.5 else []
