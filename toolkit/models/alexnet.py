# SPDX-License-Identifier: Apache-2.0
"""AlexNet, scaled down: five convolutions, three poolings, two dense layers.

The first convolution's stride follows the picture, so that small ones are not lost; batch norm, which
costs nothing on the board, stands for the local response normalization.
Source: Krizhevsky, Sutskever, Hinton, ImageNet classification with deep CNNs, 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.blocks import Convolution, at_resolution, convolve, drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, sizes_text

_FIRST = 96
_UNITS = (4096, 4096)
_REST = ((256, 5, True), (384, 3, False), (384, 3, False), (256, 3, True))
_STRIDE_BY_SIDE = ((128, 4), (64, 2), (0, 1))


@dataclass(frozen=True)
class AlexnetOptions(PictureOptions):
    """[model.options]: width 1 is the paper's; the default is a sixteenth. dropout is after dense layers."""

    width: float = 0.0625
    dropout: float = 0.5


def _layers(options: AlexnetOptions, shape: Shape, inputs: Any) -> Any:
    layers, width = load_extra("keras").layers, options.width
    x = at_resolution(inputs, options.resolution)
    stride = next(stride for side, stride in _STRIDE_BY_SIDE if min(x.shape[1:3]) >= side)
    kernel = 11 if stride > 1 else 5
    x = _pooled(convolve(x, Convolution(channels(_FIRST, width), kernel, stride), "conv_1"), "pool_1")
    for number, (filters, kernel, pools) in enumerate(_REST, 2):
        x = convolve(x, Convolution(channels(filters, width), kernel), f"conv_{number}")
        x = _pooled(x, f"pool_{number}") if pools else x
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(_UNITS, 1):
        x = layers.Dense(channels(units, width), activation="relu", name=f"dense_{number}")(x)
        x = drop(x, options.dropout, f"dropout_{number}")
    return x


def _pooled(x: Any, name: str) -> Any:
    """Pool 3 x 3 by steps of two, as far as the picture is as large."""
    pool = load_extra("keras").layers.MaxPooling2D
    return pool(3, strides=2, name=name)(x) if min(x.shape[1:3]) >= 3 else x


def _label(options: AlexnetOptions) -> str:
    return f"alexnet{sizes_text(options)}"


FAMILY = Family(
    name="alexnet",
    summary="AlexNet of 2012, a sixteenth as wide: five convolutions, two dense layers",
    options=AlexnetOptions,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
