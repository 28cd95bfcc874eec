# SPDX-License-Identifier: Apache-2.0
"""Six convolutions in three blocks of two, each with batch norm; pooling and dropout after each block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.blocks import Convolution, at_resolution, convolve, drop, halve
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require_all, sizes_text

_BLOCKS = 3


@dataclass(frozen=True)
class Cnn6Options(PictureOptions):
    """[model.options]: channels of each block, and the dense layer's units, 0 for none.

    dropout is after each block and before the output.
    """

    filters: tuple[int, ...] = (16, 32, 64)
    dense: int = 64
    dropout: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", self.filters, 1, 1024)
        if len(self.filters) != _BLOCKS:
            raise ValueError(f"filters {list(self.filters)} must be {_BLOCKS} numbers, one a block.")
        if not 0 <= self.dense <= 4096:
            raise ValueError(f"dense {self.dense} must be from 0 to 4096.")


def _layers(options: Cnn6Options, shape: Shape, inputs: Any) -> Any:
    layers = load_extra("keras").layers
    x = at_resolution(inputs, options.resolution)
    for block, filters in enumerate(options.filters, 1):
        for number in (1, 2):
            x = convolve(x, Convolution(channels(filters, options.width)), f"conv_{block}_{number}")
        x = drop(halve(x, f"pool_{block}"), options.dropout, f"dropout_{block}")
    x = layers.Flatten(name="flatten")(x)
    if options.dense:
        units = channels(options.dense, options.width)
        x = layers.Dense(units, activation="relu", name="dense")(x)
        x = drop(x, options.dropout)
    return x


def _label(options: Cnn6Options) -> str:
    return f"cnn6 {'+'.join(str(filters) for filters in options.filters)}{sizes_text(options)}"


FAMILY = Family(
    name="cnn6",
    summary="six convolutions in three blocks with batch norm, pooling and dropout",
    options=Cnn6Options,
    layers=_layers,
    label=_label,
    example=(32, 32, 3),
    input_ranks=(3,),
)
