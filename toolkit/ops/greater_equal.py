# SPDX-License-Identifier: Apache-2.0
"""GREATER_EQUAL of two int8 or int32 tensors, with broadcasting; the output is bool."""

from __future__ import annotations

from toolkit.ops.shared.comparison import ComparisonOperator


class GreaterEqual(ComparisonOperator):
    """x >= y."""

    kind = "GREATER_EQUAL"
    is_true_for = (False, True, True)


OPERATOR = GreaterEqual()
