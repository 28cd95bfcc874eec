# SPDX-License-Identifier: Apache-2.0
"""MAX_POOL_2D: the greatest of the taps in the image."""

from __future__ import annotations

import numpy as np

from toolkit.ops.shared.pool import Int64, Pool


class MaxPool2d(Pool):
    """Takes the greatest quantized value."""

    kind = "MAX_POOL_2D"
    is_rising = True
    kernel = "tm_max_pool_2d"

    def combine(self, taps: Int64) -> Int64:
        """Return the greatest values."""
        return np.asarray(taps.max(axis=0), dtype=np.int64)


OPERATOR = MaxPool2d()
