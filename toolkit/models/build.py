# SPDX-License-Identifier: Apache-2.0
"""From a choice in tinyml.toml to a Keras model."""

from __future__ import annotations

from typing import Any, cast

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.family import Family, Shape
from toolkit.models.own import build_own, own_label
from toolkit.models.registry import families, find_family
from toolkit.project import ModelChoice, ModelConfig, Project


def build_model(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> Any:
    """Return the untrained Keras model of choice, with weights from the project's seed.

    The last layer is what the task asks for: softmax over the classes, sigmoid over labels, linear
    targets, or the input given back. Raises InputError for an unknown family or option (with line),
    and for data of a shape, or a task, that the family cannot take.
    """
    if choice.python:
        return build_own(project, choice, shape)
    family, options = model_options(project, choice)
    return build_family(family, options, shape, project.project.seed)


def build_family(family: Family, options: Any, shape: Shape, seed: int) -> Any:
    """Return the untrained Keras model of a family with options. Raises InputError as build_model does."""
    _check_shape(family, shape)
    keras = load_extra("keras")
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(shape.inputs, name="input")
    x = family.layers(options, shape, inputs)
    outputs = keras.layers.Dense(shape.outputs, activation=shape.activation, name="output")(x)
    if len(shape.output_shape) > 1:
        outputs = keras.layers.Reshape(shape.output_shape, name="output_shape")(outputs)
    return keras.Model(inputs, outputs, name=family.name)


def model_label(project: Project, choice: ModelChoice | ModelConfig) -> str:
    """Return a short name for choice: family and size ("mlp 16+16"). Raises as build_model does."""
    if choice.python:
        return own_label(choice)
    family, options = model_options(project, choice)
    return family.label(options)


def model_options(project: Project, choice: ModelChoice | ModelConfig) -> tuple[Family, Any]:
    """Return the family of choice and its options. Raises InputError for an unknown one (with line)."""
    family = find_family(choice.family)
    inside = ("model", "options") if choice is project.model else ("model", "compare", "options")
    table = cast("dict[str, Any]", choice.options)
    return family, tomlfile.from_table(project.file, family.options, table, inside)


def _check_shape(family: Family, shape: Shape) -> None:
    rank = len(shape.inputs)
    if not family.takes_rank(rank):
        wanted = " or ".join(str(each) for each in family.input_ranks)
        raise InputError(
            f"the model family {family.name} needs samples with {wanted} dimensions; "
            f"the data have {rank}: {shape.inputs}.",
            hint=f"Try: a family that takes them: {_fitting(shape)}",
        )
    if shape.task not in family.tasks:
        raise InputError(
            f"the model family {family.name} is for {' and '.join(family.tasks)}, not for {shape.task}.",
            hint=f"Try: a family that is: {_fitting(shape)}",
        )


def _fitting(shape: Shape) -> str:
    return ", ".join(name for name, family in families().items() if family.takes(shape))
