# SPDX-License-Identifier: Apache-2.0
"""ELU on int8: a table of float32 results, as TFLM makes it when it starts."""

from __future__ import annotations

import numpy as np

from toolkit.ops.shared.float_table import Float32, FloatTableOperator


class Elu(FloatTableOperator):
    """x above 0, exp(x) - 1 below."""

    kind = "ELU"

    def function(self, real: Float32) -> Float32:
        below = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32) - np.float32(1)
        return np.where(real < 0, below, real)


OPERATOR = Elu()
