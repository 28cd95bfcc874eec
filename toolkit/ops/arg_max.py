# SPDX-License-Identifier: Apache-2.0
"""ARG_MAX along a constant axis: int8 in, int32 out."""

from __future__ import annotations

from toolkit.ops.shared.arg_extreme import ArgExtremeOperator


class ArgMax(ArgExtremeOperator):
    """The place of the largest number."""

    kind = "ARG_MAX"
    is_maximum = True


OPERATOR = ArgMax()
