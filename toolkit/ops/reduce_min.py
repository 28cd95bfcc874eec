# SPDX-License-Identifier: Apache-2.0
"""REDUCE_MIN over any constant axes, on int8."""

from __future__ import annotations

from toolkit.ops.shared.reduce_extreme import ReduceExtremeOperator


class ReduceMin(ReduceExtremeOperator):
    """The smallest number."""

    kind = "REDUCE_MIN"
    is_maximum = False


OPERATOR = ReduceMin()
