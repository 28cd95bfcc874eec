# SPDX-License-Identifier: Apache-2.0
"""Find the families: every module here that defines FAMILY is one."""

from __future__ import annotations

from functools import cache

from toolkit.errors import InputError
from toolkit.models.family import Family
from toolkit.plugins import by_name, load_plugins
from toolkit.suggest import did_you_mean


@cache
def families() -> dict[str, Family]:
    """Return every family by its name, sorted."""
    return by_name(load_plugins("toolkit.models", "FAMILY"))


def find_family(name: str) -> Family:
    """Return the family called name. Raises InputError with the nearest names if there is none."""
    if name not in families():
        raise InputError(
            f"there is no model family {name!r}. {did_you_mean(name, families())}",
            hint="Try: one of these as family in the section [model] of tinyml.toml",
        )
    return families()[name]
