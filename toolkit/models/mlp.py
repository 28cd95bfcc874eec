# SPDX-License-Identifier: Apache-2.0
"""Multilayer perceptron: hidden dense layers with ReLU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.blocks import drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import WidthOptions, channels, require_all, sizes_text


@dataclass(frozen=True)
class MlpOptions(WidthOptions):
    """[model.options]: the width of each hidden layer, and dropout after each."""

    units: tuple[int, ...] = (16, 16)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("units", self.units, 1, 4096, empty=True)


def _layers(options: MlpOptions, shape: Shape, inputs: Any) -> Any:
    layers = load_extra("keras").layers
    x = layers.Flatten(name="flatten")(inputs) if len(shape.inputs) > 1 else inputs
    for number, units in enumerate(options.units, 1):
        x = layers.Dense(channels(units, options.width), activation="relu", name=f"dense_{number}")(x)
        x = drop(x, options.dropout, f"dropout_{number}")
    return x


def _label(options: MlpOptions) -> str:
    return f"mlp {'+'.join(str(units) for units in options.units) or 'linear'}{sizes_text(options)}"


FAMILY = Family(
    name="mlp",
    summary="hidden dense layers with ReLU, for any shape of input",
    options=MlpOptions,
    layers=_layers,
    label=_label,
    example=(64,),
)
