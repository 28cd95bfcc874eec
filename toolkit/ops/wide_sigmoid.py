# SPDX-License-Identifier: Apache-2.0
"""LOGISTIC and TANH on int16, as TFLM computes them: a table of 1 / (1 + exp(-x)), and straight lines."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph, Operation, Tensor
from toolkit.ops.lookup import Int64
from toolkit.ops.operands import quantization_of
from toolkit.ops.operator import ConstantArgument, KernelCall, TensorArgument
from toolkit.ops.wide_table import WideTableOperator

# Entries are 1 / 24 apart; 2**12 steps of 2**-12 are 1, so that a third of a step is 2**-9 entries.
_ENTRIES_PER_ONE = 24
_STEPS_PER_ONE = 2.0**12
# Of the multiplier, which has 15 bits if it is not shifted; above, 32768 times it overflows.
_MOST_MULTIPLIER = 65535
_LOG_TOLERANCE = 1e-3


@dataclass(frozen=True)
class _Scaling:
    """(number * multiplier + half) >> shift is the argument in steps of 2**-9 entries."""

    multiplier: int
    shift: int


class WideSigmoidOperator(WideTableOperator):
    """1 / (1 + exp(-x)), or 2 / (1 + exp(-2x)) - 1 for tanh, in steps of 2**-15."""

    is_tanh: bool

    def wide_limits(self, graph: Graph, operation: Operation) -> list[str]:
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        if _power_of_two(result) != -15:
            return [f"its output's scale is {quantization_of(result).scale:g}, not 1/32768"]
        if _scaling(source, self.is_tanh).multiplier > _MOST_MULTIPLIER:
            return [f"its input's scale {quantization_of(source).scale:g} is too large"]
        return []

    def wide_call(self, graph: Graph, operation: Operation) -> KernelCall:
        source, result = operation.inputs[0], operation.outputs[0]
        scaling = _scaling(graph.tensors[source], self.is_tanh)
        return KernelCall(
            kernel="tm_sigmoid_s16",
            params={
                "elements": graph.tensors[source].elements,
                "multiplier": scaling.multiplier,
                "shift": scaling.shift,
                "bits": 8 if self.is_tanh else 9,
                "is_tanh": int(self.is_tanh),
            },
            arguments=(
                TensorArgument(source),
                ConstantArgument("table", _table()),
                TensorArgument(result),
            ),
        )

    def wide_values(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        scaling = _scaling(graph.tensors[operation.inputs[0]], self.is_tanh)
        argument = (x * scaling.multiplier + (1 << scaling.shift >> 1)) >> scaling.shift
        bits = 8 if self.is_tanh else 9
        place, rest = np.abs(argument) >> bits, np.abs(argument) & ((1 << bits) - 1)
        table, near = _table().astype(np.int64), np.minimum(place, 254)
        value = (table[near] << bits) + rest * (table[near + 1] - table[near])
        value = np.where(place >= 255, (0xFFFF if self.is_tanh else 0xFFFE) << bits, value)
        if self.is_tanh:
            centred = value - (1 << 23)
            return np.asarray(np.where(argument >= 0, centred + 128, 127 - centred) >> 8, dtype=np.int64)
        turned = np.where(argument >= 0, value + 512, (1 << 25) - value + 511)
        return np.asarray(turned >> 10, dtype=np.int64)


def _power_of_two(tensor: Tensor) -> int | None:
    """Return the exponent of a scale that TFLM takes for a power of two, None for another."""
    exponent = math.log2(quantization_of(tensor).scale)
    return round(exponent) if abs(exponent - round(exponent)) < _LOG_TOLERANCE else None


def _scaling(source: Tensor, is_tanh: bool) -> _Scaling:
    exponent = _power_of_two(source)
    if exponent is not None and exponent + 12 in ((0, 1) if is_tanh else (0,)):
        return _Scaling(3 << (exponent + 12), 0)
    multiplier, shift = quantization_of(source).scale * _STEPS_PER_ONE * 3, 0
    while multiplier <= 32767 / 2 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    return _Scaling(int(multiplier), shift)


def _table() -> NDArray[np.uint16]:
    """Return 1 / (1 + exp(-i / 24)) in steps of 2**-16, from 0 to 255, and what follows the last.

    Each entry is moved by half of what a straight line to the next is off in the middle; found by
    experiment, all 256 entries are TFLM's.
    """
    x = np.arange(255) / _ENTRIES_PER_ONE
    here, middle, there = (2**16 / (1 + np.exp(-x - step / _ENTRIES_PER_ONE)) for step in (0, 0.5, 1))
    moved = here + (middle - (here + there) / 2) / 2
    return np.append(np.floor(moved + 0.5), [65535]).astype(np.uint16)
