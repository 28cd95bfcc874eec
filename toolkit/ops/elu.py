# SPDX-License-Identifier: Apache-2.0
"""ELU on int8: a table of float32 results, as TFLM makes it when it starts."""

from __future__ import annotations

import numpy as np

from toolkit.ir.graph import Quantization
from toolkit.ops.lookup import Int64, LookupOperator, hold_int8


class Elu(LookupOperator):
    """x above 0, exp(x) - 1 below.

    TFLM's table depends on the machine's expf, by one step where a result lies on a half; here
    exp is rounded to float32 correctly.
    """

    kind = "ELU"

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        real = np.float32(source.scale) * (x - source.zero_point).astype(np.float32)
        below = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32) - np.float32(1)
        with np.errstate(over="ignore"):
            steps = np.where(real < 0, below, real) * (np.float32(1) / np.float32(result.scale))
        limited = np.clip(steps.astype(np.float64), -(2.0**20), 2.0**20)
        rounded = np.copysign(np.floor(np.abs(limited) + 0.5), limited).astype(np.int64)
        return hold_int8(rounded + result.zero_point)


OPERATOR = Elu()
