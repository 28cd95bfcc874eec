# SPDX-License-Identifier: Apache-2.0
"""Data that a function of the user's makes."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from toolkit.data.dataset import Samples
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.suggest import did_you_mean


@dataclass(frozen=True)
class PythonOptions:
    """[data.options]: function is "module:name", in the project's folder; arguments go to it by name.

    files names what else the data depend on, with * and **: the data are made again when one of them
    changes, or any .py file of the project's folder.
    """

    function: str
    arguments: dict[str, object] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        module, colon, name = self.function.partition(":")
        if not (colon and name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
            raise ValueError(f'function {self.function!r} must be "module:name", such as "my_data:load".')
        for pattern in self.files:
            if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                raise ValueError(f"files {pattern!r} must be inside the project's folder.")


def _read(options: PythonOptions, context: SourceContext) -> Samples:
    name = options.function.partition(":")[2]
    with _importable(context.root):
        try:
            module = _load(options.function.partition(":")[0], context.root)
            function = getattr(module, name, None)
            if not callable(function):
                near = did_you_mean(name, [n for n in vars(module) if not n.startswith("_")])
                raise InputError(f"{module.__file__} has no function {name!r}. {near}", hint=SOURCE.hint)
            made = function(**options.arguments)
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"{options.function} failed: {_where(error)}.", hint=SOURCE.hint) from error
    return _samples(made, options.function)


def _load(name: str, root: Path) -> ModuleType:
    """Return the module, run now: a name that is loaded already may be another project's."""
    base = root.joinpath(*name.split("."))
    path = next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)
    if path is None:
        raise InputError(f"there is no {base.with_suffix('.py')}.", hint=SOURCE.hint)
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


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})"


def _samples(made: Any, function: str) -> Samples:
    if isinstance(made, Samples):
        return made
    if not isinstance(made, tuple) or len(made) not in (2, 3):
        raise InputError(
            f"{function} returned {type(made).__name__}; (x, y), (x, y, classes) or Samples is needed.",
            hint=SOURCE.hint,
        )
    try:
        x, y = np.asarray(made[0], np.float32), np.asarray(made[1])
    except (TypeError, ValueError) as error:
        raise InputError(f"{function} returned no rows of numbers: {error}.", hint=SOURCE.hint) from error
    if x.ndim < 2:
        x = x.reshape(len(x) if x.ndim else 1, 1)
    if len(made) == 3 or np.issubdtype(y.dtype, np.integer):
        classes = made[2] if len(made) == 3 else range(int(y.max(initial=-1)) + 1)
        return Samples("classification", x, y, tuple(str(name) for name in classes))
    return Samples("regression", x, y.reshape(len(y), -1).astype(np.float32))


def _files(options: PythonOptions, context: SourceContext) -> Iterable[Path]:
    build = context.root / "build"
    sources = (path for path in context.root.rglob("*.py") if not path.is_relative_to(build))
    named = (path for pattern in options.files for path in context.root.glob(pattern))
    return sorted({path for path in (*sources, *named) if path.is_file()})


SOURCE = Source(
    name="python",
    summary="a function of yours that returns (x, y) or (x, y, classes)",
    options=PythonOptions,
    read=_read,
    hint='Try: function = "my_data:load", with def load() in my_data.py beside tinyml.toml',
    files=_files,
)
