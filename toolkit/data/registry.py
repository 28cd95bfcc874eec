# SPDX-License-Identifier: Apache-2.0
"""Find the data sources: every module here that defines SOURCE is one."""

from __future__ import annotations

from functools import cache

from toolkit.data.source import Source
from toolkit.errors import InputError
from toolkit.plugins import by_name, load_plugins
from toolkit.suggest import did_you_mean


@cache
def sources() -> dict[str, Source]:
    """Return every source by its name, sorted."""
    return by_name(load_plugins("toolkit.data", "SOURCE"))


def find_source(name: str) -> Source:
    """Return the source called name. Raises InputError with the nearest names if there is none."""
    if name not in sources():
        raise InputError(
            f"there is no data source {name!r}. {did_you_mean(name, sources())}",
            hint="Try: one of these as source in the section [data] of tinyml.toml",
        )
    return sources()[name]
