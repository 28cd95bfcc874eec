# SPDX-License-Identifier: Apache-2.0
"""Variants of a test that differ in little from one that always runs: they are for `make bench`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def waiting(values: Iterable[Any], these: Collection[Any]) -> list[Any]:
    """Return values for parametrize, with the mark bench on these."""
    return [_param(value, [pytest.mark.bench] if value in these else []) for value in values]


def _param(value: Any, marks: list[pytest.MarkDecorator]) -> Any:
    return pytest.param(*value if isinstance(value, tuple) else (value,), marks=marks)
