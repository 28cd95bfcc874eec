# SPDX-License-Identifier: Apache-2.0
"""From a choice in tinyml.toml to a Keras model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.files import sha256_of
from toolkit.models.base import BaseOptions, base_files, base_label, build_on_base
from toolkit.models.family import Family, Shape
from toolkit.models.own import build_own, own_label
from toolkit.models.registry import families, find_family
from toolkit.project.config import ModelChoice, ModelConfig, Project
from toolkit.project.stamps import digest_of
from toolkit.project.usercode import user_sources


def build_model(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> Any:
    """Return the untrained Keras model of choice, with weights from the project's seed, or of its base.

    The last layer is what the task asks for: softmax over the classes, sigmoid over labels, linear
    targets, or the input given back. Raises InputError for an unknown family, base or option (with
    line), and for data of a shape, or a task, that it cannot take.
    """
    if choice.python:
        return build_own(project, choice, shape)
    if choice.base:
        return _finish(*build_on_base(project, choice, shape), shape, "transfer")
    family, options = model_options(project, choice)
    return build_family(family, options, shape, project.project.seed)


def build_family(family: Family, options: Any, shape: Shape, seed: int) -> Any:
    """Return the untrained Keras model of a family with options. Raises InputError as build_model does."""
    _check_shape(family, shape)
    keras = load_extra("keras")
    keras.utils.set_random_seed(seed)
    inputs = keras.Input(shape.inputs, name="input")
    return _finish(inputs, family.layers(options, shape, inputs), shape, family.name)


def _finish(inputs: Any, x: Any, shape: Shape, name: str) -> Any:
    """Return the model from inputs over x to what the task asks for."""
    keras = load_extra("keras")
    outputs = keras.layers.Dense(shape.outputs, activation=shape.activation, name="output")(x)
    if len(shape.output_shape) > 1:
        outputs = keras.layers.Reshape(shape.output_shape, name="output_shape")(outputs)
    return keras.Model(inputs, outputs, name=name)


def model_label(project: Project, choice: ModelChoice | ModelConfig) -> str:
    """Return a short name for choice: family and size ("mlp 16+16"). Raises as build_model does."""
    if choice.python:
        return own_label(choice)
    if choice.base:
        return base_label(project, choice)
    family, options = model_options(project, choice)
    return family.label(options)


def model_files(project: Project, choice: ModelChoice | ModelConfig) -> list[Path]:
    """Return the user's files that the model follows from. Raises InputError for one that is not there."""
    if choice.python:
        return list(user_sources(project.root))
    return base_files(project, choice) if choice.base else []


def digest_of_files(project: Project) -> str:
    """Return a hash of the user's files that models may come from: .py, .keras, weights, a teacher."""
    choices, teacher = (project.model, *project.model.compare), project.training.distill.teacher
    files = [path for choice in choices for path in model_files(project, choice)]
    if teacher and (project.root / teacher).is_file():
        files.append(project.root / teacher)
    return digest_of([(path.name, sha256_of(path)) for path in files])


def options_type(choice: ModelChoice | ModelConfig) -> type[Any] | None:
    """Return the dataclass of the keys of choice's [model.options]; None where they are a function's."""
    if choice.python:
        return None
    return BaseOptions if choice.base else find_family(choice.family).options


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
