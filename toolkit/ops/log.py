# SPDX-License-Identifier: Apache-2.0
"""LOG on int8: a table of float32 results, as TFLite makes it when it starts."""

from __future__ import annotations

import numpy as np

from toolkit.ops.shared.float_table import Float32, FloatTableOperator


class Log(FloatTableOperator):
    """The natural logarithm, of 0 and below the lowest number. TFLM has it in float32 only."""

    kind = "LOG"
    oracle = "TFLite"

    def function(self, real: Float32) -> Float32:
        return np.log(real.astype(np.float64)).astype(np.float32)


OPERATOR = Log()
