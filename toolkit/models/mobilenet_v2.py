# SPDX-License-Identifier: Apache-2.0
"""MobileNetV2: inverted residual blocks with linear bottlenecks.

Source: Sandler et al., MobileNetV2, arXiv 1801.04381. The last convolution is multiplied by width too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from toolkit.models.blocks import Convolution, at_resolution, average, convolve, drop, inverted_residual
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require, sizes_text

_FIRST, _LAST = 32, 1280
# Expansion, channels, blocks and stride of each stage: table 2 of the paper.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


@dataclass(frozen=True)
class MobilenetV2Options(PictureOptions):
    """[model.options]: stages is how many of the paper's seven there are; depth multiplies their blocks."""

    width: float = 0.35
    depth: float = 1.0
    stages: int = len(_STAGES)

    def __post_init__(self) -> None:
        super().__post_init__()
        require("depth", self.depth, 0.1, 4)
        require("stages", self.stages, 1, len(_STAGES))


def _layers(options: MobilenetV2Options, shape: Shape, inputs: Any) -> Any:
    width = options.width
    x = at_resolution(inputs, options.resolution)
    x = convolve(x, Convolution(channels(_FIRST, width), 3, 2, "relu6"), "conv")
    for stage, (expansion, filters, count, first_stride) in enumerate(_STAGES[: options.stages], 1):
        for number in range(1, ceil(options.depth * count) + 1):
            stride = first_stride if number == 1 else 1
            narrow = Convolution(channels(filters, width), 3, stride, "relu6")
            name, expanded = f"block_{stage}_{number}", expansion * int(x.shape[-1])
            x = inverted_residual(x, narrow, name, expanded=expanded)
    x = convolve(x, Convolution(channels(_LAST, width), 1, activation="relu6"), "conv_last")
    return drop(average(x), options.dropout)


def _label(options: MobilenetV2Options) -> str:
    return f"mobilenet_v2{sizes_text(options)}"


FAMILY = Family(
    name="mobilenet_v2",
    summary="inverted residual blocks, about a third as wide",
    options=MobilenetV2Options,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
