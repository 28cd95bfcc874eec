# SPDX-License-Identifier: Apache-2.0
"""Find the families: every module here that defines FAMILY is one."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

import toolkit.models
from toolkit.errors import InputError
from toolkit.models.family import Family
from toolkit.suggest import did_you_mean


@lru_cache(maxsize=1)
def families() -> dict[str, Family]:
    """Return every family by its name, sorted."""
    found: dict[str, Family] = {}
    for module in pkgutil.iter_modules(toolkit.models.__path__):
        family = getattr(import_module(f"toolkit.models.{module.name}"), "FAMILY", None)
        if family is not None:
            found[family.name] = family
    return dict(sorted(found.items()))


def find_family(name: str) -> Family:
    """Return the family called name. Raises InputError with the nearest names if there is none."""
    if name not in families():
        raise InputError(
            f"there is no model family {name!r}. {did_you_mean(name, families())}",
            hint="Try: one of these as family in the section [model] of tinyml.toml",
        )
    return families()[name]
