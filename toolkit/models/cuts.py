# SPDX-License-Identifier: Apache-2.0
"""Where a base could be cut instead: the layers that all of it passes through, with what they weigh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.base import base_options, is_file, open_base
from toolkit.models.family import Shape
from toolkit.models.replay import features_of, find_layer, inputs_of, is_preparing
from toolkit.project.config import ModelChoice, ModelConfig, Project

# A layer and what only finishes its numbers belong together: the cut is after them.
_FINISHING = ("BatchNormalization", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax")
_NO_ENDS = ("ZeroPadding", "Dropout", "SpatialDropout")


@dataclass(frozen=True)
class Cut:
    """A layer after which a base can be cut, and how many weights of kernels there are up to it."""

    layer: str
    kernel_weights: int


def earlier_cuts(project: Project, choice: ModelChoice | ModelConfig, shape: Shape) -> tuple[Cut, ...]:
    """Return where choice's base could be cut before where it is, from the input on.

    These are layers that everything passes through, such as the ends of its blocks. Raises InputError
    as build_model does.
    """
    base, options = open_base(project, choice, shape), base_options(project, choice)
    features = features_of(base, options.cut, is_headless=not is_file(choice))
    kept = load_extra("keras").Model(base.input, features)
    return tuple(
        Cut(layer.name, weights)
        for layer, weights in _ends(kept)
        if weights and find_layer(base, layer.name, "cut", last=True) is layer
    )


def kernel_weights(model: Any) -> int:
    """Return how many weights a Keras model's kernels have: a byte each at least, once it is int8."""
    return sum(_kernels(layer) for layer in model.layers)


def _ends(model: Any) -> Iterator[tuple[Any, int]]:
    """Give the layers that all of model passes through but its last, with the weights up to them."""
    layers = [layer for layer in model.operations if inputs_of(layer)]
    place = {id(layer): number for number, layer in enumerate(layers)}
    readers: list[list[Any]] = [[] for _ in layers]
    for layer in layers:
        for tensor in inputs_of(layer):
            origin = place.get(id(tensor._keras_history.operation))
            if origin is not None:
                readers[origin].append(layer)
    furthest = weights = 0
    for number, layer in enumerate(layers[:-1]):
        weights += _kernels(layer)
        if furthest <= number and not _goes_on(layer, readers[number]):
            yield layer, weights
        furthest = max([furthest, *(place[id(reader)] for reader in readers[number])])


def _goes_on(layer: Any, readers: list[Any]) -> bool:
    is_finished = type(layer).__name__.startswith(_NO_ENDS)
    return is_finished or any(type(reader).__name__ in _FINISHING for reader in readers)


def _kernels(layer: Any) -> int:
    if is_preparing(layer):
        return 0
    return sum(prod(weight.shape) for weight in getattr(layer, "weights", ()) if len(weight.shape) > 1)
