# SPDX-License-Identifier: Apache-2.0
"""NOT_EQUAL of two int8 or int32 tensors, with broadcasting; the output is bool."""

from __future__ import annotations

from toolkit.ops.shared.comparison import ComparisonOperator


class NotEqual(ComparisonOperator):
    """x != y."""

    kind = "NOT_EQUAL"
    is_true_for = (True, False, True)


OPERATOR = NotEqual()
