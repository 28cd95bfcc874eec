# SPDX-License-Identifier: Apache-2.0
"""HARD_SWISH on int8, in the 16-bit fixed point of TFLM's reference kernel."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Graph, Operation, Quantization
from toolkit.ops.shared.lookup import Int64, LookupOperator
from toolkit.ops.shared.operands import quantization_of
from toolkit.ops.shared.requantize import quantize_multiplier, rounding_shift_right

_FINER = 7


class HardSwish(LookupOperator):
    """x * min(max(x + 3, 0), 6) / 6: the second factor as a Q15 number between 0 and 1."""

    kind = "HARD_SWISH"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = super().problems(graph, operation)
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        into, out = quantization_of(source), quantization_of(result)
        problems = []
        if not _output_scale(into, out) < 0.999999:
            problems.append("its output's scale is too small for its input's, TFLM refuses it")
        if not _share_scale(into) < 2.0**15:
            problems.append(f"its input's scale {into.scale:g} is too large")
        return problems

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        finer = (x - source.zero_point) << _FINER
        factor, shift = _short_multiplier(_output_scale(source, result))
        scaled = _high_half(finer, factor)
        share = _share(finer, *_short_multiplier(_share_scale(source)))
        product = share * scaled
        product = _saturate(np.sign(product) * (np.abs(product) >> 15))  # towards 0
        return np.clip(rounding_shift_right(product, -shift) + result.zero_point, -128, 127)


def _share(finer: Int64, factor: int, shift: int) -> Int64:
    """Return min(max(x + 3, 0), 6) / 6 in Q15."""
    share = _saturate(finer << max(shift - 1, 0))
    share = _high_half(share, factor)
    share = _saturate(share << 1) if shift > 0 else rounding_shift_right(share, -shift)
    return np.asarray((share + 2**15) >> 1, dtype=np.int64)


def _output_scale(source: Quantization, result: Quantization) -> float:
    """Return what a step of the finer input is in steps of the output; TFLM divides in float32."""
    return float(np.float32(source.scale / 2**_FINER) / np.float32(result.scale))


def _share_scale(source: Quantization) -> float:
    """Return what a step of the finer input is in steps of 3 / 2**15."""
    return float(np.float32(source.scale / 2**_FINER) / np.float32(3 / 2**15))


def _short_multiplier(scale: float) -> tuple[int, int]:
    """Return the multiplier of a scale in 16 bits, and its shift."""
    multiplier, shift = quantize_multiplier(scale)
    return min((multiplier + 2**15) >> 16, 2**15 - 1), shift


def _high_half(x: Int64, y: int) -> Int64:
    """Return x * y / 2**15 of 16-bit numbers, rounded to the nearest, ties up."""
    return np.asarray((x * y + 2**14) >> 15, dtype=np.int64)


def _saturate(x: Int64) -> Int64:
    return np.clip(x, -(2**15), 2**15 - 1)


OPERATOR = HardSwish()
