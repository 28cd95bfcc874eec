# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-B0 scaled down: inverted residual blocks with squeeze-and-excite and swish.

Source: Tan, Le, EfficientNet, arXiv 1905.11946, table 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

from toolkit.models.blocks import Convolution, at_resolution, average, convolve, drop, inverted_residual
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require, sizes_text

_FIRST, _LAST = 32, 1280
_SQUEEZED = 4
# Expansion, channels, blocks, stride and kernel of each stage.
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)


@dataclass(frozen=True)
class EfficientnetOptions(PictureOptions):
    """[model.options]: depth multiplies the blocks of each stage; stages is how many of the seven there are.

    kernel is that of all depthwise convolutions, 0 for the paper's: 3 or 5, by stage.
    swish is the paper's activation; relu6 and excite = false make what is known as EfficientNet-Lite,
    which loses less by int8 and is faster.
    """

    width: float = 0.25
    depth: float = 0.5
    stages: int = len(_STAGES)
    activation: Literal["swish", "relu6"] = "swish"
    excite: bool = True
    kernel: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        require("depth", self.depth, 0.1, 4)
        require("stages", self.stages, 1, len(_STAGES))
        require("kernel", self.kernel, 0, 15)


def _layers(options: EfficientnetOptions, shape: Shape, inputs: Any) -> Any:
    width, act = options.width, options.activation
    x = at_resolution(inputs, options.resolution)
    x = convolve(x, Convolution(channels(_FIRST, width), 3, 2, act), "conv")
    for stage, (expansion, filters, count, first_stride, kernel) in enumerate(_STAGES[: options.stages], 1):
        for number in range(1, ceil(options.depth * count) + 1):
            stride = first_stride if number == 1 else 1
            narrow = Convolution(channels(filters, width), options.kernel or kernel, stride, act)
            source = int(x.shape[-1])
            excite = max(1, source // _SQUEEZED) if options.excite else 0
            name = f"block_{stage}_{number}"
            x = inverted_residual(x, narrow, name, expanded=expansion * source, excite=excite)
    x = convolve(x, Convolution(channels(_LAST, width), 1, activation=act), "conv_last")
    return drop(average(x), options.dropout)


def _label(options: EfficientnetOptions) -> str:
    kernel = f" k{options.kernel}" if options.kernel else ""
    return f"efficientnet{sizes_text(options)}{kernel}"


FAMILY = Family(
    name="efficientnet",
    summary="EfficientNet-B0, a quarter as wide and half as deep: squeeze-and-excite and swish",
    options=EfficientnetOptions,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
