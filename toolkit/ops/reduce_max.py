# SPDX-License-Identifier: Apache-2.0
"""REDUCE_MAX over any constant axes, on int8."""

from __future__ import annotations

from toolkit.ops.shared.reduce_extreme import ReduceExtremeOperator


class ReduceMax(ReduceExtremeOperator):
    """The largest number."""

    kind = "REDUCE_MAX"
    is_maximum = True


OPERATOR = ReduceMax()
