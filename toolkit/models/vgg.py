# SPDX-License-Identifier: Apache-2.0
"""VGG of any depth: blocks of 3 x 3 convolutions with batch norm, each pooled; dense layers.

Source: Simonyan, Zisserman, Very deep convolutional networks, arXiv 1409.1556.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.blocks import Convolution, at_resolution, convolve, drop, halve
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require_all, sizes_text

_FIRST = 64
_MOST = 512


@dataclass(frozen=True)
class VggOptions(PictureOptions):
    """[model.options]: convolutions of each block, and units of the dense layers.

    VGG-11 is blocks = [1, 1, 2, 2, 2], VGG-16 [2, 2, 3, 3, 3], VGG-19 [2, 2, 4, 4, 4]. With width 1
    the blocks have 64, 128, 256, 512, 512 ... channels.
    """

    width: float = 0.125
    blocks: tuple[int, ...] = (1, 1, 2, 2)
    dense: tuple[int, ...] = (512,)
    dropout: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("blocks", self.blocks, 1, 16)
        require_all("dense", self.dense, 1, 4096, empty=True)


def _layers(options: VggOptions, shape: Shape, inputs: Any) -> Any:
    layers, width = load_extra("keras").layers, options.width
    x = at_resolution(inputs, options.resolution)
    for block, count in enumerate(options.blocks, 1):
        filters = channels(min(_FIRST << (block - 1), _MOST), width)
        for number in range(1, count + 1):
            x = convolve(x, Convolution(filters), f"conv_{block}_{number}")
        x = halve(x, f"pool_{block}")
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(options.dense, 1):
        x = layers.Dense(channels(units, width), activation="relu", name=f"dense_{number}")(x)
        x = drop(x, options.dropout, f"dropout_{number}")
    return x


def _label(options: VggOptions) -> str:
    return f"vgg{sum(options.blocks) + len(options.dense) + 1}{sizes_text(options)}"


FAMILY = Family(
    name="vgg",
    summary="VGG of any depth, an eighth as wide: blocks of 3 x 3 convolutions, dense layers",
    options=VggOptions,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
