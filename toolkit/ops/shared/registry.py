# SPDX-License-Identifier: Apache-2.0
"""Find the operators: every module in toolkit/ops/ is one."""

from __future__ import annotations

from functools import cache

from toolkit.ops.shared.operator import Operator
from toolkit.plugins import by_name, load_plugins


@cache
def operators() -> dict[str, Operator]:
    """Return every operator by TFLite's name for it, sorted; a module defines it as OPERATOR."""
    return by_name(load_plugins("toolkit.ops", "OPERATOR"), "kind")
