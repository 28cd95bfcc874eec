# SPDX-License-Identifier: Apache-2.0
"""Find the operators: every module here that is not part of the machinery is one."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

import toolkit.ops
from toolkit.ops.shared.operator import Operator


@lru_cache(maxsize=1)
def operators() -> dict[str, Operator]:
    """Return every operator by TFLite's name for it; a module takes part by defining OPERATOR."""
    found: dict[str, Operator] = {}
    for module in pkgutil.iter_modules(toolkit.ops.__path__):
        operator = getattr(import_module(f"toolkit.ops.{module.name}"), "OPERATOR", None)
        if operator is not None:
            found[operator.kind] = operator
    return dict(sorted(found.items()))
