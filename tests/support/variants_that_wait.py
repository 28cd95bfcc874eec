# SPDX-License-Identifier: Apache-2.0
"""Variants of a test that differ in little from one that always runs: they are for `make fuzz`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def waiting(values: Iterable[Any], these: Collection[Any]) -> list[Any]:
    """Return values for parametrize, with the mark wide on these. They have to be among values."""
    values = list(values)
    assert all(value in values for value in these), "what waits is not there"
    return [_param(value, [pytest.mark.wide] if value in these else []) for value in values]


def all_but(values: Iterable[Any], kept: Collection[Any]) -> list[Any]:
    """Return values for parametrize, with the mark wide on all but those kept."""
    values = list(values)
    assert all(value in values for value in kept), "what is kept is not there"
    return waiting(values, [value for value in values if value not in kept])


def single(values: Iterable[tuple[Any, ...]], these: Collection[Any]) -> list[Any]:
    """Return tuples for the params of a fixture, which are one value each, with the mark wide on these."""
    return [pytest.param(value, marks=[pytest.mark.wide] if value in these else []) for value in values]


def _param(value: Any, marks: list[pytest.MarkDecorator]) -> Any:
    return pytest.param(*value if isinstance(value, tuple) else (value,), marks=marks)
