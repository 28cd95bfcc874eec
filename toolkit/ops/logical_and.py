# SPDX-License-Identifier: Apache-2.0
"""LOGICAL_AND of two bool tensors, with broadcasting."""

from __future__ import annotations

from toolkit.ops.shared.logical import LogicalOperator


class LogicalAnd(LogicalOperator):
    """x and y."""

    kind = "LOGICAL_AND"
    truth = (False, False, False, True)


OPERATOR = LogicalAnd()
