# SPDX-License-Identifier: Apache-2.0
"""MobileNetV3: inverted residual blocks with squeeze-and-excite and hard-swish.

Source: Howard et al., Searching for MobileNetV3, arXiv 1905.02244, tables 1 and 2. The two layers
before the output are multiplied by width too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from toolkit.extras import load_extra
from toolkit.models.blocks import (
    Convolution,
    activate,
    at_resolution,
    average,
    convolve,
    drop,
    inverted_residual,
)
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require, sizes_text

_FIRST = 16
_SQUEEZED = 4


class _Block(NamedTuple):
    kernel: int
    expanded: int
    filters: int
    excites: bool
    activation: Literal["relu", "hard_swish"]
    stride: int


_SMALL = (
    _Block(3, 16, 16, True, "relu", 2),
    _Block(3, 72, 24, False, "relu", 2),
    _Block(3, 88, 24, False, "relu", 1),
    _Block(5, 96, 40, True, "hard_swish", 2),
    _Block(5, 240, 40, True, "hard_swish", 1),
    _Block(5, 240, 40, True, "hard_swish", 1),
    _Block(5, 120, 48, True, "hard_swish", 1),
    _Block(5, 144, 48, True, "hard_swish", 1),
    _Block(5, 288, 96, True, "hard_swish", 2),
    _Block(5, 576, 96, True, "hard_swish", 1),
    _Block(5, 576, 96, True, "hard_swish", 1),
)
_LARGE = (
    _Block(3, 16, 16, False, "relu", 1),
    _Block(3, 64, 24, False, "relu", 2),
    _Block(3, 72, 24, False, "relu", 1),
    _Block(5, 72, 40, True, "relu", 2),
    _Block(5, 120, 40, True, "relu", 1),
    _Block(5, 120, 40, True, "relu", 1),
    _Block(3, 240, 80, False, "hard_swish", 2),
    _Block(3, 200, 80, False, "hard_swish", 1),
    _Block(3, 184, 80, False, "hard_swish", 1),
    _Block(3, 184, 80, False, "hard_swish", 1),
    _Block(3, 480, 112, True, "hard_swish", 1),
    _Block(3, 672, 112, True, "hard_swish", 1),
    _Block(5, 672, 160, True, "hard_swish", 2),
    _Block(5, 960, 160, True, "hard_swish", 1),
    _Block(5, 960, 160, True, "hard_swish", 1),
)
# The blocks, the last convolution's channels and the dense layer's units.
_VARIANTS = {"small": (_SMALL, 576, 1024), "large": (_LARGE, 960, 1280)}


@dataclass(frozen=True)
class MobilenetV3Options(PictureOptions):
    """[model.options]: variant is one of the paper's two; blocks how many of its 11 or 15, 0 for all.

    kernel is that of all depthwise convolutions, 0 for the paper's: 3 or 5, by block.
    """

    width: float = 0.35
    variant: Literal["small", "large"] = "small"
    blocks: int = 0
    kernel: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        require("blocks", self.blocks, 0, len(_VARIANTS[self.variant][0]))
        require("kernel", self.kernel, 0, 15)


def _layers(options: MobilenetV3Options, shape: Shape, inputs: Any) -> Any:
    width, (blocks, last, units) = options.width, _VARIANTS[options.variant]
    x = at_resolution(inputs, options.resolution)
    x = convolve(x, Convolution(channels(_FIRST, width), 3, 2, "hard_swish"), "conv")
    for number, block in enumerate(blocks[: options.blocks or None], 1):
        x = _block(x, block._replace(kernel=options.kernel or block.kernel), width, f"block_{number}")
    x = convolve(x, Convolution(channels(last, width), 1, activation="hard_swish"), "conv_last")
    x = load_extra("keras").layers.Dense(channels(units, width), name="dense")(average(x))
    return drop(activate(x, "hard_swish", "dense"), options.dropout)


def _block(x: Any, block: _Block, width: float, name: str) -> Any:
    expanded = channels(block.expanded, width)
    narrow = Convolution(channels(block.filters, width), block.kernel, block.stride, block.activation)
    excite = channels(expanded, 1 / _SQUEEZED) if block.excites else 0
    return inverted_residual(x, narrow, name, expanded=expanded, excite=excite, gate="hard_sigmoid")


def _label(options: MobilenetV3Options) -> str:
    kernel = f" k{options.kernel}" if options.kernel else ""
    return f"mobilenet_v3 {options.variant}{sizes_text(options)}{kernel}"


FAMILY = Family(
    name="mobilenet_v3",
    summary="inverted residual blocks with squeeze-and-excite and hard-swish, about a third as wide",
    options=MobilenetV3Options,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
