# SPDX-License-Identifier: Apache-2.0
"""unicorn, in one place: its Python binding has no types, and the C hook needs its library."""

from __future__ import annotations

from typing import Any

from unicorn.unicorn_py3 import unicorn as binding

Engine = Any
"""A unicorn instance (unicorn.Uc)."""

EngineError: type[Exception] = binding.UcError
library: Any = binding.uclib


def new_engine(architecture: int, mode: int, cpu_model: int) -> Engine:
    """Return a unicorn instance for a CPU model."""
    make: Any = binding.Uc
    engine = make(architecture, mode)
    engine.ctl_set_cpu_model(cpu_model)
    return engine


def error_number(error: Exception) -> int:
    """Return unicorn's number of one of its errors."""
    return int(getattr(error, "errno", 0))
