# SPDX-License-Identifier: Apache-2.0
"""A user's own model: a function of a module in the project's folder, python = "module:function"."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.family import Shape
from toolkit.project import ModelChoice, ModelConfig, Project


def build_own(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> Any:
    """Return the Keras model that the user's function makes: function(shape, **options).

    shape says inputs, output_shape and activation of the last layer. Raises InputError if there is
    no such function, if it fails, or if its model has other ends than the data ask for.
    """
    keras = load_extra("keras")
    function = _function(project.root, choice.python)
    keras.backend.clear_session()  # names that Keras makes up start anew, whatever was built before
    keras.utils.set_random_seed(project.project.seed)
    try:
        model = function(shape, **choice.options)
    except Exception as error:  # it is the user's code: whatever it raises is told with its name
        raise InputError(f"{choice.python} failed: {type(error).__name__}: {error}") from error
    if not isinstance(model, keras.Model):
        raise InputError(f"{choice.python} gave {type(model).__name__}, not a keras.Model.")
    for what, found, wanted in (
        ("takes", model.input_shape, shape.inputs),
        ("gives", model.output_shape, shape.output_shape),
    ):
        if tuple(found[1:]) != wanted:
            raise InputError(f"the model of {choice.python} {what} {found[1:]}; the data ask for {wanted}.")
    return model


def own_label(choice: ModelChoice | ModelConfig) -> str:
    """Return the function's name."""
    return choice.python.rpartition(":")[2]


def _function(folder: Path, place: str) -> Any:
    name, _, attribute = place.partition(":")
    found = getattr(_module(folder, name), attribute, None)
    if not callable(found):
        raise InputError(f"{folder / name}.py has no function {attribute!r}.", hint="Try: python in [model]")
    return found


def _module(folder: Path, name: str) -> ModuleType:
    """Run folder/name.py anew; what it imports from beside it is found."""
    path = folder / f"{name}.py"
    if not path.is_file():
        raise InputError(f"there is no {path}.", hint='Try: python = "module:function" in [model]')
    spec = importlib.util.spec_from_file_location(f"tinyml_own_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the user's code again
        raise InputError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(folder))
    return module
