# SPDX-License-Identifier: Apache-2.0
"""AVERAGE_POOL_2D: the mean of the taps in the image, ties away from zero."""

from __future__ import annotations

import numpy as np

from toolkit.ops.shared.pool import Int64, Pool


class AveragePool2d(Pool):
    """Rounds the mean of the quantized values, whatever the zero point is, as TFLM does."""

    kind = "AVERAGE_POOL_2D"
    is_rising = True
    kernel = "tm_average_pool_2d"

    def combine(self, taps: Int64) -> Int64:
        """Return the rounded means."""
        sums, count = taps.sum(axis=0), len(taps)
        return np.asarray(np.sign(sums) * ((np.abs(sums) + count // 2) // count), dtype=np.int64)


OPERATOR = AveragePool2d()
