# SPDX-License-Identifier: Apache-2.0
"""LeNet-5: two 5 x 5 convolutions with averages after them, two dense layers.

Source: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document recognition, 1998.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from toolkit.extras import load_extra
from toolkit.models.blocks import at_resolution, drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, sizes_text

_KERNEL = 5
_FILTERS = (6, 16)
_UNITS = (120, 84)


@dataclass(frozen=True)
class LenetOptions(PictureOptions):
    """[model.options]: the paper's activation is tanh; relu learns faster."""

    activation: Literal["relu", "tanh"] = "relu"


def _layers(options: LenetOptions, shape: Shape, inputs: Any) -> Any:
    layers = load_extra("keras").layers
    act, x = options.activation, at_resolution(inputs, options.resolution)
    for number, (filters, padding) in enumerate(zip(_FILTERS, ("same", "valid"), strict=True), 1):
        name = f"conv_{number}"
        size = tuple(min(_KERNEL, side) for side in x.shape[1:3])
        count = channels(filters, options.width, 2)
        x = layers.Conv2D(count, size, padding=padding, activation=act, name=name)(x)
        if min(x.shape[1:3]) > 1:
            x = layers.AveragePooling2D(2, name=f"pool_{number}")(x)
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(_UNITS, 1):
        x = layers.Dense(channels(units, options.width), activation=act, name=f"dense_{number}")(x)
    return drop(x, options.dropout)


def _label(options: LenetOptions) -> str:
    return f"lenet5{sizes_text(options)}"


FAMILY = Family(
    name="lenet5",
    summary="LeNet-5 of 1998: two convolutions, two dense layers, for characters",
    options=LenetOptions,
    layers=_layers,
    label=_label,
    example=(28, 28, 1),
    input_ranks=(3,),
)
