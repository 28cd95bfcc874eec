# SPDX-License-Identifier: Apache-2.0
"""Transfer learning: a network that was trained before, cut, with a new head for the data at hand.

The result is one flat model: pixels prepared, the base's layers by their own names, the head.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from toolkit import tomlfile
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.application import IMAGENET, NONE, find_application, make_application, preprocessing
from toolkit.models.blocks import drop
from toolkit.models.family import Shape
from toolkit.models.keras_file import MOST_KERAS_BYTES, load_model
from toolkit.models.multipliers import require, require_all, require_dropout
from toolkit.models.pixels import Array, pixel_rule, prepare_pixels
from toolkit.models.replay import (
    HEAD,
    Replay,
    features_of,
    flatten_model,
    is_head,
    is_preparing,
    pixelwise_layers,
)
from toolkit.project.config import ModelChoice, ModelConfig, Project
from toolkit.reading import require_file

ENDING = ".keras"
_PICTURE = 3
_PLAIN: dict[str, float] = {"0..1": 1.0, "0..255": 255.0}


@dataclass(frozen=True)
class BaseOptions:
    """[model.options] of a base.

    cut is the last layer that is kept, or a block of which it is the last; "" leaves out the base's own
    head. weights are an application's: imagenet (what "" stands for), none, or a file. pixels says what a
    .keras file was trained on: 0..1, 0..255, or what an application takes, by its name. alpha and
    minimalistic are the MobileNets', alpha 0 is their own. pooling, dense and dropout are the new head's.
    """

    cut: str = ""
    weights: str = ""
    pixels: str = ""
    alpha: float = 0.0
    minimalistic: bool = False
    pooling: Literal["average", "max", "flatten"] = "average"
    dense: tuple[int, ...] = ()
    dropout: float = 0.2

    def __post_init__(self) -> None:
        require("alpha", self.alpha, 0, 4)
        require_all("dense", self.dense, 1, 4096, empty=True)
        require_dropout(self.dropout)

    @property
    def of_application(self) -> dict[str, Any]:
        """The arguments of the application's constructor that were given."""
        given = {"alpha": self.alpha, "minimalistic": self.minimalistic}
        return {key: value for key, value in given.items() if value}


def base_options(project: Project, choice: ModelChoice | ModelConfig) -> BaseOptions:
    """Return the options of choice, which has a base. Raises InputError for an unknown one (with line)."""
    inside = ("model", "options") if choice is project.model else ("model", "compare", "options")
    return tomlfile.from_table(project.file, BaseOptions, cast("dict[str, Any]", choice.options), inside)


def is_file(choice: ModelChoice | ModelConfig) -> bool:
    """Return whether the base is a .keras file, not an application of Keras."""
    return choice.base.endswith(ENDING)


def base_files(project: Project, choice: ModelChoice | ModelConfig) -> list[Path]:
    """Return the files that the model follows from. Raises InputError for one that is not there."""
    weights = base_options(project, choice).weights
    names = [choice.base] if is_file(choice) else [weights] if weights not in ("", IMAGENET, NONE) else []
    for name in names:
        if os.path.lexists(project.root / name):
            require_file(project.root / name, MOST_KERAS_BYTES)
        else:
            raise InputError(
                f"there is no file {project.root / name}.",
                hint="Try: base and weights with their path from the project's folder on",
            )
    return [project.root / name for name in names]


def base_label(project: Project, choice: ModelChoice | ModelConfig) -> str:
    """Return the base's name, and where it is cut: "MobileNetV2 0.35 to block_6"."""
    options = base_options(project, choice)
    if not is_file(choice):
        find_application(choice.base)
    alpha = f" {options.alpha:g}" if options.alpha else ""
    return f"{choice.base}{alpha}{f' to {options.cut}' if options.cut else ''}"


def build_on_base(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> tuple[Any, Any]:
    """Return (input, features) of choice's base with the head's layers but the last, for such samples.

    Raises InputError for a base, a layer or weights that are not there, and for data it cannot take.
    """
    keras, options = load_extra("keras"), base_options(project, choice)
    # Names that Keras makes up start anew. Python collects what was built before by itself, in its own time.
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(project.project.seed)
    base_files(project, choice)
    base = open_base(project, choice, shape)
    features = features_of(base, options.cut, is_headless=not is_file(choice))
    inputs = keras.Input(shape.inputs, name="input")
    prefix = pixelwise_layers(base) if len(base.input_shape) == len(shape.inputs) + 1 == _PICTURE + 1 else ()
    x = inputs
    if len(shape.inputs) == _PICTURE:
        x = prepare_pixels(x, _pixel_rule(choice, options, prefix, base.input_shape[-1]))
    replay = Replay(left_out=prefix)
    try:
        x = replay.run(keras.Model(base.input, features), x)
        replay.settle_weights()
    except (ValueError, TypeError) as error:
        raise InputError(
            f"the base {choice.base}, made for samples of {base.input_shape[1:]}, cannot take "
            f"those of {shape.inputs}: {str(error).strip().splitlines()[0]}",
            hint="Try: samples of the base's shape, or an earlier cut in the section [model.options]",
        ) from error
    return inputs, _head(x, options)


def base_layers(model: Any) -> list[Any]:
    """Return the layers with weights that a model's base consists of, from the input on."""
    return [
        layer
        for layer in model.layers
        if layer.weights and not is_head(layer.name) and not is_preparing(layer)
    ]


def open_base(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> Any:
    """Return the whole base of choice, flat. Raises InputError as build_on_base does."""
    return flatten_model(_open(project, choice, base_options(project, choice), shape))


def _open(project: Project, choice: ModelChoice | ModelConfig, options: BaseOptions, shape: Shape) -> Any:
    if not is_file(choice):
        find_application(choice.base)
        if len(shape.inputs) != _PICTURE:
            raise InputError(
                f"{choice.base} is for pictures; the data are {shape.inputs}.",
                hint="Try: a .keras file of a model that was trained on such data as base",
            )
        weights = options.weights or IMAGENET
        return make_application(choice.base, options.of_application, weights, project.root, shape.inputs)
    if options.of_application or options.weights:
        raise InputError(
            f"alpha, minimalistic and weights are for Keras' applications; {choice.base} has its own.",
            hint="Try: without them in the section [model.options]",
        )
    return load_model(project.root / choice.base)


def _pixel_rule(
    choice: ModelChoice | ModelConfig, options: BaseOptions, prefix: tuple[Any, ...], channels: int
) -> tuple[Array, Array]:
    """Return what pixels from 0 to 1 go through: what the base expects, and its own first layers."""
    change: Callable[[Array], Any]
    if options.pixels in ("", *_PLAIN) and (is_file(choice) or options.pixels):
        scale = _PLAIN.get(options.pixels, 1.0)
        change = lambda pixels: pixels * scale  # noqa: E731
    else:
        change = preprocessing(options.pixels or choice.base)

    def all_of_it(pixels: Array) -> Any:
        values = change(pixels)
        for layer in prefix:
            values = layer(values)
        return values

    return pixel_rule(all_of_it, channels)


def _head(x: Any, options: BaseOptions) -> Any:
    layers = load_extra("keras").layers
    rank = len(x.shape) - 1
    if rank > 1:
        is_one = all(size == 1 for size in x.shape[1:-1])
        kind = {"average": "GlobalAveragePooling", "max": "GlobalMaxPooling"}.get(options.pooling, "")
        pool = layers.Flatten if is_one or not kind else getattr(layers, f"{kind}{rank - 1}D")
        x = pool(name=f"{HEAD}pool")(x)
    x = drop(x, options.dropout, f"{HEAD}dropout")
    for number, units in enumerate(options.dense, 1):
        x = layers.Dense(units, activation="relu", name=f"{HEAD}dense_{number}")(x)
        x = drop(x, options.dropout, f"{HEAD}dropout_{number}")
    return x
