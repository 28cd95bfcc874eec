# SPDX-License-Identifier: Apache-2.0
"""GELU on int8: a table of float32 results, as TFLite makes it when it starts."""

from __future__ import annotations

import math

import numpy as np

from toolkit.ir.graph import Graph, Operation
from toolkit.ops.shared.float_table import Float32, FloatTableOperator
from toolkit.ops.shared.lookup import Int64

_ROOT_HALF = np.float32(math.sqrt(0.5))
_TANH_SCALE, _CUBE = np.float32(math.sqrt(2 / math.pi)), np.float32(0.044715)


class Gelu(FloatTableOperator):
    """x times the normal distribution's share below x; by tanh where the option approximate says so.

    TFLM has no GELU. Source of both formulas: Hendrycks and Gimpel, arXiv 1606.08415.
    """

    kind = "GELU"
    oracle = "TFLite"

    def function(self, real: Float32) -> Float32:
        scaled = (real * -_ROOT_HALF).astype(np.float64)
        share = np.array([math.erfc(value) for value in scaled.reshape(-1)], np.float32)
        return np.asarray(np.float32(0.5) * real * share.reshape(real.shape), np.float32)

    def table(self, graph: Graph, operation: Operation, x: Int64) -> Int64:
        if operation.options.get("approximate"):
            return _ByTanh().table(graph, operation, x)
        return super().table(graph, operation, x)


class _ByTanh(FloatTableOperator):
    kind = "GELU"

    def function(self, real: Float32) -> Float32:
        inner = _TANH_SCALE * (real + _CUBE * real * real * real)
        risen = np.float32(1) + np.tanh(inner.astype(np.float64)).astype(np.float32)
        return np.asarray(np.float32(0.5) * real * risen, np.float32)


OPERATOR = Gelu()
