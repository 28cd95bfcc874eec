# SPDX-License-Identifier: Apache-2.0
"""Functions of the user's, "module:name", in modules of the project's folder."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from toolkit.errors import InputError
from toolkit.suggest import did_you_mean


def is_place(text: str) -> bool:
    """Return whether text is "module:name", the module with dots or without."""
    module, colon, name = text.partition(":")
    return bool(colon) and name.isidentifier() and all(part.isidentifier() for part in module.split("."))


def call_function(place: str, root: Path, hint: str, call: Callable[[Any], Any]) -> Any:
    """Return what call makes of the function at place, "module:name" under root, read anew.

    Raises InputError, with hint, if there is none, and with the line if the user's code fails or exits.
    """
    module_name, _, name = place.partition(":")
    with _importable(root):
        try:
            module = _load(module_name, root, hint)
            function = getattr(module, name, None)
            if not callable(function):
                near = did_you_mean(name, [n for n in vars(module) if not n.startswith("_")])
                raise InputError(f"{module.__file__} has no function {name!r}. {near}", hint=hint)
            return call(function)
        except InputError:
            raise
        except SystemExit as error:
            raise InputError(f"{place} ended the program: {_where(error)}.", hint=hint) from error
        except Exception as error:
            raise InputError(f"{place} failed: {_where(error)}.", hint=hint) from error


def source_path(place: str, root: Path) -> Path:
    """Return the file of the module of "module:name" under root, whether it is there or not."""
    base = root.joinpath(*place.partition(":")[0].split("."))
    package = base / "__init__.py"
    return package if package.is_file() and not base.with_suffix(".py").is_file() else base.with_suffix(".py")


def user_sources(root: Path) -> Iterable[Path]:
    """Return every .py file under root that a function of the user's may depend on, sorted."""
    build = root / "build"
    return sorted(path for path in root.rglob("*.py") if path.is_file() and not path.is_relative_to(build))


def _load(name: str, root: Path, hint: str) -> ModuleType:
    """Return the module, run now: a name that is loaded already may be another project's."""
    path = source_path(name, root)
    if not path.is_file():
        raise InputError(f"there is no {path}.", hint=hint)
    module = ModuleType(name)
    module.__file__ = str(path)
    exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    return module


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let the function's module import its neighbours, and forget them afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(root):
                del sys.modules[name]


def _where(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"
