# SPDX-License-Identifier: Apache-2.0
"""A user's own model: a function of a module in the project's folder, python = "module:name"."""

from __future__ import annotations

from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.answers import with_answers
from toolkit.models.family import Shape
from toolkit.models.flat import flat_model
from toolkit.project.config import ModelChoice, ModelConfig, Project
from toolkit.project.usercode import call_function

_HINT = 'Try: python = "my_model:build" in the section [model], with def build(shape) in my_model.py'


def build_own(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> Any:
    """Return the Keras model that the user's function makes: function(shape, **options).

    shape says inputs, output_shape and activation of the last layer. The model is one graph of Keras' layers
    in float32 (flat.py) with the outputs that the task asks for (answers.py). Raises InputError if there is
    no such function, if it fails, or if its model cannot become that.
    """
    return _build(project, choice, shape)[0]


def own_notes(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> tuple[str, ...]:
    """Return what was changed in the user's model, a sentence each. Raises as build_own does."""
    return _build(project, choice, shape)[1]


def _build(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> tuple[Any, tuple[str, ...]]:
    keras = load_extra("keras")
    # Names that Keras makes up start anew. Python collects what was built before by itself, in its own time.
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(project.project.seed)
    policy = keras.config.dtype_policy()
    try:
        model = call_function(
            choice.python, project.root, _HINT, lambda function: function(shape, **choice.options)
        )
    finally:
        keras.config.set_dtype_policy(policy)  # a mixed_float16 would reach every later model
    if not isinstance(model, keras.Model):
        raise InputError(f"{choice.python} returned {type(model).__name__}, not a keras.Model.", hint=_HINT)
    model, changed = flat_model(model, shape.inputs, choice.python)
    model, answered = with_answers(model, shape, choice.python)
    for what, found, wanted in (
        ("takes", model.input_shape, shape.inputs),
        ("gives", model.output_shape, shape.output_shape),
    ):
        if tuple(found[1:]) != wanted:
            raise InputError(
                f"the model of {choice.python} {what} {found[1:]}; the data ask for {wanted}.", hint=_HINT
            )
    return model, (*changed, *answered)


def own_label(choice: ModelChoice | ModelConfig) -> str:
    """Return the function's name."""
    return choice.python.rpartition(":")[2]
