# SPDX-License-Identifier: Apache-2.0
"""LESS of two int8 or int32 tensors, with broadcasting; the output is bool."""

from __future__ import annotations

from toolkit.ops.shared.comparison import ComparisonOperator


class Less(ComparisonOperator):
    """x < y."""

    kind = "LESS"
    is_true_for = (True, False, False)


OPERATOR = Less()
