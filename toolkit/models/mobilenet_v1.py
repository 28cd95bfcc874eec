# SPDX-License-Identifier: Apache-2.0
"""MobileNetV1: a convolution and 13 depthwise-separable blocks.

Source: Howard et al., MobileNets, arXiv 1704.04861.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.models.blocks import Convolution, at_resolution, average, convolve, convolve_depthwise, drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require, sizes_text

_FIRST = 32
# Channels and stride of each block.
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *((512, 1),) * 5,
    (1024, 2),
    (1024, 1),
)


@dataclass(frozen=True)
class MobilenetV1Options(PictureOptions):
    """[model.options]: blocks is how many of the 13 there are, kernel that of the depthwise convolutions.

    width 0.25 is MLPerf Tiny's.
    """

    width: float = 0.25
    blocks: int = len(_BLOCKS)
    kernel: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        require("blocks", self.blocks, 1, len(_BLOCKS))
        require("kernel", self.kernel, 1, 15)


def _layers(options: MobilenetV1Options, shape: Shape, inputs: Any) -> Any:
    first = Convolution(channels(_FIRST, options.width), 3, 2, "relu6")
    x = convolve(at_resolution(inputs, options.resolution), first, "conv")
    for number, (filters, stride) in enumerate(_BLOCKS[: options.blocks], 1):
        name = f"depthwise_{number}"
        x = convolve_depthwise(x, name, kernel=options.kernel, stride=stride, activation="relu6")
        wide = Convolution(channels(filters, options.width), 1, activation="relu6")
        x = convolve(x, wide, f"pointwise_{number}")
    return drop(average(x), options.dropout)


def _label(options: MobilenetV1Options) -> str:
    kernel = f" k{options.kernel}" if options.kernel != 3 else ""
    return f"mobilenet_v1{sizes_text(options)}{kernel}"


FAMILY = Family(
    name="mobilenet_v1",
    summary="depthwise-separable blocks, a quarter as wide; MLPerf Tiny's for persons in pictures",
    options=MobilenetV1Options,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
