# SPDX-License-Identifier: Apache-2.0
"""From a choice in tinyml.toml to a Keras model."""

from __future__ import annotations

from typing import Any, cast

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.family import Family, Shape
from toolkit.models.registry import find_family
from toolkit.project import ModelChoice, ModelConfig, Project


def build_model(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> Any:
    """Return the untrained Keras model of choice, with weights from the project's seed.

    The output is softmax over the classes, or linear targets. Raises InputError for an unknown
    family or option (with line), and for data of a shape that the family cannot take.
    """
    family, options = _options(project, choice)
    if family.input_rank is not None and len(shape.inputs) != family.input_rank:
        raise InputError(
            f"the model family {family.name} needs samples with {family.input_rank} dimensions; "
            f"the data have {len(shape.inputs)}: {shape.inputs}.",
            hint='Try: family = "mlp", which takes any shape',
        )
    keras = load_extra("keras")
    keras.utils.set_random_seed(project.project.seed)
    inputs = keras.Input(shape.inputs, name="input")
    x = family.layers(options, shape, inputs)
    activation = "softmax" if shape.task == "classification" else "linear"
    outputs = keras.layers.Dense(shape.outputs, activation=activation, name="output")(x)
    return keras.Model(inputs, outputs, name=family.name)


def model_label(project: Project, choice: ModelChoice | ModelConfig) -> str:
    """Return a short name for choice: family and size ("mlp 16+16"). Raises as build_model does."""
    family, options = _options(project, choice)
    return family.label(options)


def _options(project: Project, choice: ModelChoice | ModelConfig) -> tuple[Family, Any]:
    family = find_family(choice.family)
    inside = ("model", "options") if choice is project.model else ("model", "compare", "options")
    table = cast("dict[str, Any]", choice.options)
    return family, tomlfile.from_table(project.file, family.options, table, inside)
