# SPDX-License-Identifier: Apache-2.0
"""LOGICAL_OR of two bool tensors, with broadcasting."""

from __future__ import annotations

from toolkit.ops.shared.logical import LogicalOperator


class LogicalOr(LogicalOperator):
    """x or y."""

    kind = "LOGICAL_OR"
    truth = (False, True, True, True)


OPERATOR = LogicalOr()
