# SPDX-License-Identifier: Apache-2.0
"""SIGNAL_FILTER_BANK_LOG: natural logarithms of uint32 numbers, in int16."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.operator import Array, ConstantArgument, KernelCall, Operator, TensorArgument
from toolkit.ops.shared.signal import option, option_problems, same_shape_problems, signal_problems
from toolkit.targets.target import Target

_LIMITS = {"output_scale": (0, 2**16 - 1), "input_correction_bits": (0, 31)}
_SEGMENTS = 128
_ONE = 2**16
_LN_2 = 45426  # in steps of 1 / _ONE


class SignalFilterBankLog(Operator):
    """output_scale * log(x * 2**input_correction_bits), by a table of log2 between powers of two."""

    kind = "SIGNAL_FILTER_BANK_LOG"

    def problems(self, graph: Graph, operation: Operation) -> list[str]:
        problems = signal_problems(graph, operation, ("uint32",), ("int16",))
        if problems:
            return problems
        source, result = graph.tensors[operation.inputs[0]], graph.tensors[operation.outputs[0]]
        return same_shape_problems(source, result) + option_problems(operation, _LIMITS)

    def lower(self, graph: Graph, operation: Operation, target: Target) -> KernelCall:
        params = {
            "elements": graph.tensors[operation.inputs[0]].elements,
            "shift": option(operation, "input_correction_bits"),
            "scale": option(operation, "output_scale"),
        }
        arguments = (
            TensorArgument(operation.inputs[0]),
            ConstantArgument("table", np.array(_table(), np.uint16)),
            TensorArgument(operation.outputs[0]),
        )
        return KernelCall("tm_signal_log_u32", params, arguments)

    def reference(self, graph: Graph, operation: Operation, inputs: Sequence[Array | None]) -> list[Array]:
        (source,) = inputs
        assert source is not None
        shift, scale = option(operation, "input_correction_bits"), option(operation, "output_scale")
        logs = [scale * _log(int(x) << shift & 2**32 - 1) + _ONE // 2 >> 16 for x in source.reshape(-1)]
        held = [min(log & 2**16 - 1, 2**15 - 1) for log in logs]  # goes round first, as in TFLM
        return [np.array(held, np.int16).reshape(source.shape)]


def _table() -> list[int]:
    """Return what log2(1 + f) has more than f at the segments' ends, and one more, which is not looked at."""
    fractions = [i / _SEGMENTS for i in range(_SEGMENTS + 1)]
    return [*(math.floor(_ONE * (math.log2(1 + f) - f) + 0.5) for f in fractions), 0]


def _log(x: int) -> int:
    """Return log(x) in steps of 1 / _ONE, 0 for 0.

    Between the table's entries TFLM goes on by a 128th of what would be right, by a shift of 16 bits for 9.
    """
    if x <= 1:
        return 0
    table = _table()
    whole = x.bit_length() - 1
    fraction = (x - (1 << whole)) * _ONE >> whole
    segment, rest = divmod(fraction, _ONE // _SEGMENTS)
    more = (table[segment + 1] - table[segment]) * rest >> 16
    return _LN_2 * (whole * _ONE + fraction + table[segment] + more) + _ONE // 2 >> 16


OPERATOR = SignalFilterBankLog()
