# SPDX-License-Identifier: Apache-2.0
"""Find the data sources: every module here that defines SOURCE is one."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

import toolkit.data
from toolkit.data.source import Source
from toolkit.errors import InputError
from toolkit.suggest import did_you_mean


@lru_cache(maxsize=1)
def sources() -> dict[str, Source]:
    """Return every source by its name, sorted."""
    found: dict[str, Source] = {}
    for module in pkgutil.iter_modules(toolkit.data.__path__):
        source = getattr(import_module(f"toolkit.data.{module.name}"), "SOURCE", None)
        if source is not None:
            found[source.name] = source
    return dict(sorted(found.items()))


def find_source(name: str) -> Source:
    """Return the source called name. Raises InputError with the nearest names if there is none."""
    if name not in sources():
        raise InputError(
            f"there is no data source {name!r}. {did_you_mean(name, sources())}",
            hint="Try: one of these as source in the section [data] of tinyml.toml",
        )
    return sources()[name]
