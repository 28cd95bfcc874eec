# SPDX-License-Identifier: Apache-2.0
"""EQUAL of two int8 or int32 tensors, with broadcasting; the output is bool."""

from __future__ import annotations

from toolkit.ops.shared.comparison import ComparisonOperator


class Equal(ComparisonOperator):
    """x == y."""

    kind = "EQUAL"
    is_true_for = (False, True, False)


OPERATOR = Equal()
