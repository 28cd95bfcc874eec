# SPDX-License-Identifier: Apache-2.0
"""ARG_MIN along a constant axis: int8 in, int32 out."""

from __future__ import annotations

from toolkit.ops.shared.arg_extreme import ArgExtremeOperator


class ArgMin(ArgExtremeOperator):
    """The place of the smallest number."""

    kind = "ARG_MIN"
    is_maximum = False


OPERATOR = ArgMin()
