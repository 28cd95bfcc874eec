# SPDX-License-Identifier: Apache-2.0
"""LESS_EQUAL of two int8 or int32 tensors, with broadcasting; the output is bool."""

from __future__ import annotations

from toolkit.ops.shared.comparison import ComparisonOperator


class LessEqual(ComparisonOperator):
    """x <= y."""

    kind = "LESS_EQUAL"
    is_true_for = (True, True, False)


OPERATOR = LessEqual()
