# SPDX-License-Identifier: Apache-2.0
"""Find the operators: every module in toolkit/ops/ is one."""

from __future__ import annotations

from functools import cache

from toolkit.ops.shared.operator import Operator
from toolkit.plugins import load_plugins


@cache
def operators() -> dict[str, Operator]:
    """Return every operator by TFLite's name for it, sorted; a module defines it as OPERATOR."""
    found = {operator.kind: operator for operator in load_plugins("toolkit.ops", "OPERATOR")}
    return dict(sorted(found.items()))
