# SPDX-License-Identifier: Apache-2.0
"""Functions that TFLite tabulates in float32 when it starts: ELU, EXP, LOG."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Quantization
from toolkit.ops.shared.lookup import Int64, LookupOperator, hold_int8

Float32 = NDArray[np.float32]

_FAR = 2.0**20


class FloatTableOperator(LookupOperator):
    """A float32 function of a real number, rounded to the output's steps, ties away from zero.

    TFLite takes the machine's expf or logf, which may be off by the last bit: by one step where a
    result lies on a half. Here functions are rounded to float32 correctly. What is no number is the
    lowest, as on a PC.
    """

    @abstractmethod
    def function(self, real: Float32) -> Float32:
        """Return the function's values."""

    def values(self, x: Int64, source: Quantization, result: Quantization) -> Int64:
        real = np.float32(source.scale) * (x - source.zero_point).astype(np.float32)
        with np.errstate(all="ignore"):
            steps = self.function(real) * (np.float32(1) / np.float32(result.scale))
        limited = np.clip(np.nan_to_num(steps.astype(np.float64), nan=-_FAR), -_FAR, _FAR)
        rounded = np.copysign(np.floor(np.abs(limited) + 0.5), limited).astype(np.int64)
        return hold_int8(rounded + result.zero_point)
