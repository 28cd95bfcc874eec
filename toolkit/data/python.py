# SPDX-License-Identifier: Apache-2.0
"""Data that a function of the user's makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from toolkit.data.dataset import Samples
from toolkit.data.labels import read_labels
from toolkit.data.precision import require_precision
from toolkit.data.source import Source, SourceContext
from toolkit.errors import InputError
from toolkit.project.usercode import call_function, is_place, source_path, user_sources


@dataclass(frozen=True)
class PythonOptions:
    """[data.options]: function is "module:name", in the project's folder; arguments go to it by name.

    task says what the labels are for; "" looks at them (labels.py), and asks where they could be for more.
    standardize gives each channel, the last axis of x, a mean of 0 and a deviation of 1.

    files names what else the data depend on, with * and **: the data are made again when one of them
    changes, or any .py file of the project's folder.
    """

    function: str
    arguments: dict[str, object] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    task: Literal["", "classification", "multilabel", "regression"] = ""
    standardize: bool = False

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
    return _samples(made, options)


def _samples(made: Any, options: PythonOptions) -> Samples:
    function = options.function
    if isinstance(made, Samples):
        return replace(
            made, x=made.x if hasattr(made.x, "dtype") else np.asarray(made.x), y=np.asarray(made.y)
        )
    if not isinstance(made, tuple) or len(made) not in (2, 3):
        raise InputError(
            f"{function} returned {type(made).__name__}; (x, y), (x, y, classes) or Samples is needed.",
            hint=SOURCE.hint,
        )
    try:
        raw = np.asarray(made[0])
        with np.errstate(over="ignore"):
            x = raw.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"{function} returned no rows of numbers: {error}.", hint=SOURCE.hint) from error
    if raw.dtype.kind in "iuf":
        require_precision(raw, f"the inputs of {function}")
    if x.ndim < 2:
        x = x.reshape(len(x) if x.ndim else 1, 1)
    task, y, classes = read_labels(
        made[1], made[2] if len(made) == 3 else None, options.task or None, function
    )
    return Samples(task, x, y, classes, standardize=options.standardize)


def _files(options: PythonOptions, context: SourceContext) -> Iterable[Path]:
    named = (path for pattern in options.files for path in context.root.glob(pattern))
    own = source_path(options.function, context.root)
    return sorted({own, *user_sources(context.root), *(path for path in named if path.is_file())})


SOURCE = Source(
    name="python",
    summary="a function of yours that returns (x, y) or (x, y, classes)",
    options=PythonOptions,
    read=_read,
    hint='Try: function = "my_data:load", with def load() in my_data.py beside tinyml.toml',
    files=_files,
)
