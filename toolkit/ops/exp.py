# SPDX-License-Identifier: Apache-2.0
"""EXP on int8: a table of float32 results, as TFLite makes it when it starts."""

from __future__ import annotations

import numpy as np

from toolkit.ops.shared.float_table import Float32, FloatTableOperator


class Exp(FloatTableOperator):
    """e to the x. TFLM has it in float32 only."""

    kind = "EXP"
    oracle = "TFLite"

    def function(self, real: Float32) -> Float32:
        return np.exp(real.astype(np.float64)).astype(np.float32)


OPERATOR = Exp()
