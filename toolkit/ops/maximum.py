# SPDX-License-Identifier: Apache-2.0
"""MAXIMUM of two int8 tensors, with broadcasting."""

from __future__ import annotations

from toolkit.ops.shared.extreme import ExtremeOperator


class Maximum(ExtremeOperator):
    """The larger of two numbers."""

    kind = "MAXIMUM"
    is_rising = True
    is_maximum = True


OPERATOR = Maximum()
