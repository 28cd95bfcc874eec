# SPDX-License-Identifier: Apache-2.0
"""What is found by its file: a new operator, source, family or step is a file, on no list."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from typing import Any


@cache
def load_plugins(package: str, attribute: str) -> tuple[Any, ...]:
    """Return what the modules of a package define under the name attribute, in the order of the files.

    package is a literal where it is called: what depends on the plugins is read off the calls
    (toolkit/project/code_graph.py). A module without the attribute is none.
    """
    modules = pkgutil.iter_modules(import_module(package).__path__)
    found = (getattr(import_module(f"{package}.{module.name}"), attribute, None) for module in modules)
    return tuple(each for each in found if each is not None)
