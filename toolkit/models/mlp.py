# SPDX-License-Identifier: Apache-2.0
"""Multilayer perceptron: hidden dense layers with ReLU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.family import Family, Shape


@dataclass(frozen=True)
class MlpOptions:
    """[model.options]: the width of each hidden layer, and dropout before the output."""

    units: tuple[int, ...] = (16, 16)
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if min(self.units, default=1) < 1 or max(self.units, default=1) > 4096:
            raise ValueError(f"units {list(self.units)} must be numbers from 1 to 4096.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout {self.dropout:g} must be at least 0 and less than 1.")


def _layers(options: MlpOptions, shape: Shape, inputs: Any) -> Any:
    layers = load_extra("keras").layers
    x = layers.Flatten(name="flatten")(inputs) if len(shape.inputs) > 1 else inputs
    for number, units in enumerate(options.units, 1):
        x = layers.Dense(units, activation="relu", name=f"dense_{number}")(x)
    return layers.Dropout(options.dropout, name="dropout")(x) if options.dropout else x


def _label(options: MlpOptions) -> str:
    return f"mlp {'+'.join(str(units) for units in options.units) or 'linear'}"


FAMILY = Family(
    name="mlp",
    summary="hidden dense layers with ReLU, for any shape of input",
    options=MlpOptions,
    layers=_layers,
    label=_label,
)
