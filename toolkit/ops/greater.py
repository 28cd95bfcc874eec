# SPDX-License-Identifier: Apache-2.0
"""GREATER of two int8 or int32 tensors, with broadcasting; the output is bool."""

from __future__ import annotations

from toolkit.ops.shared.comparison import ComparisonOperator


class Greater(ComparisonOperator):
    """x > y."""

    kind = "GREATER"
    is_true_for = (False, False, True)


OPERATOR = Greater()
