# SPDX-License-Identifier: Apache-2.0
"""What is found by its file: a new operator, source, family or step is a file, on no list."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any

from toolkit.errors import InputError


@cache
def load_plugins(package: str, attribute: str) -> tuple[Any, ...]:
    """Return what the modules of a package define under the name attribute, in the order of the files.

    package is a literal where it is called: what depends on the plugins is read off the calls
    (toolkit/project/code_graph.py). A module without the attribute is none. Raises InputError, with the
    module's name, if one cannot be imported.
    """
    modules = pkgutil.iter_modules(import_module(package).__path__)
    found = (getattr(_load(f"{package}.{module.name}"), attribute, None) for module in modules)
    return tuple(each for each in found if each is not None)


def by_name(found: tuple[Any, ...], name: str = "name") -> dict[str, Any]:
    """Return plugins by their attribute name, sorted. Raises InputError for two with one name."""
    table: dict[str, Any] = {}
    for each in found:
        key = getattr(each, name)
        if table.setdefault(key, each) is not each:
            raise InputError(f"two plugins are called {key!r}: {type(table[key])} and {type(each)}.")
    return dict(sorted(table.items()))


def _load(module: str) -> Any:
    try:
        return import_module(module)
    except Exception as error:  # whatever a file does that somebody added
        raise InputError(
            f"the module {module} cannot be used: {error!r}.", hint="Try: mend it, or take the file away"
        ) from error
