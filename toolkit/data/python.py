# SPDX-License-Identifier: Apache-2.0
"""Data that a function of the user's makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.data.dataset import Samples
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.project.usercode import call_function, is_place, user_sources


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
        if not is_place(self.function):
            raise ValueError(f'function {self.function!r} must be "module:name", such as "my_data:load".')
        for pattern in self.files:
            if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
                raise ValueError(f"files {pattern!r} must be inside the project's folder.")


def _read(options: PythonOptions, context: SourceContext) -> Samples:
    made = call_function(
        options.function, context.root, SOURCE.hint, lambda function: function(**options.arguments)
    )
    return _samples(made, options.function)


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
    named = (path for pattern in options.files for path in context.root.glob(pattern))
    return sorted({*user_sources(context.root), *(path for path in named if path.is_file())})


SOURCE = Source(
    name="python",
    summary="a function of yours that returns (x, y) or (x, y, classes)",
    options=PythonOptions,
    read=_read,
    hint='Try: function = "my_data:load", with def load() in my_data.py beside tinyml.toml',
    files=_files,
)
