# SPDX-License-Identifier: Apache-2.0
"""MINIMUM of two int8 tensors, with broadcasting."""

from __future__ import annotations

from toolkit.ops.shared.extreme import ExtremeOperator


class Minimum(ExtremeOperator):
    """The smaller of two numbers."""

    kind = "MINIMUM"
    is_rising = True
    is_maximum = False


OPERATOR = Minimum()
