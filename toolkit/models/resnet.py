# SPDX-License-Identifier: Apache-2.0
"""ResNet: stages of residual blocks, basic (two 3 x 3) or bottleneck (1 x 1, 3 x 3, 1 x 1).

Source: He, Zhang, Ren, Sun, Deep residual learning, arXiv 1512.03385; the stem is its one for CIFAR-10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.models.blocks import Convolution, activate, add, at_resolution, average, convolve, drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require_all, sizes_text

_WIDER = 4

_MOST_STAGES = 8


@dataclass(frozen=True)
class ResnetOptions(PictureOptions):
    """[model.options]: blocks of each stage; each stage but the first halves the picture.

    filters are the first stage's, doubled from stage to stage. The default with filters 16 is the
    ResNet-8 of MLPerf Tiny; blocks = [3, 3, 3] the ResNet-20 for CIFAR-10; [2, 2, 2, 2] with
    filters = 64 has the blocks of ResNet-18, [3, 4, 6, 3] and bottleneck = true of ResNet-50.
    """

    blocks: tuple[int, ...] = (1, 1, 1)
    filters: int = 16
    bottleneck: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("blocks", self.blocks, 1, 64)
        if len(self.blocks) > _MOST_STAGES:
            raise ValueError(f"blocks has {len(self.blocks)} stages; at most {_MOST_STAGES} can be.")
        require_all("filters", (self.filters,), 1, 1024)


def _layers(options: ResnetOptions, shape: Shape, inputs: Any) -> Any:
    x = at_resolution(inputs, options.resolution)
    x = convolve(x, Convolution(channels(options.filters, options.width)), "conv")
    block = _bottleneck if options.bottleneck else _basic
    for stage, count in enumerate(options.blocks, 1):
        filters = channels(options.filters << (stage - 1), options.width)
        for number in range(1, count + 1):
            stride = 2 if number == 1 and stage > 1 else 1
            x = block(x, filters, stride, f"block_{stage}_{number}")
    return drop(average(x), options.dropout)


def _basic(x: Any, filters: int, stride: int, name: str) -> Any:
    y = convolve(x, Convolution(filters, 3, stride), f"{name}_1")
    y = convolve(y, Convolution(filters, activation="linear"), f"{name}_2")
    return _joined(x, y, stride, name)


def _bottleneck(x: Any, filters: int, stride: int, name: str) -> Any:
    y = convolve(x, Convolution(filters, 1), f"{name}_1")
    y = convolve(y, Convolution(filters, 3, stride), f"{name}_2")
    y = convolve(y, Convolution(filters * _WIDER, 1, activation="linear"), f"{name}_3")
    return _joined(x, y, stride, name)


def _joined(x: Any, y: Any, stride: int, name: str) -> Any:
    """Add x, brought to y's shape by a 1 x 1 convolution if it has another."""
    if x.shape != y.shape:
        what = Convolution(int(y.shape[-1]), 1, stride, activation="linear")
        x = convolve(x, what, f"{name}_shortcut")
    return activate(add(y, x, name), "relu", name)


def _label(options: ResnetOptions) -> str:
    layers = (3 if options.bottleneck else 2) * sum(options.blocks) + 2
    return f"resnet{layers}{sizes_text(options)}"


FAMILY = Family(
    name="resnet",
    summary="residual blocks, basic or bottleneck; the default is MLPerf Tiny's ResNet-8",
    options=ResnetOptions,
    layers=_layers,
    label=_label,
    example=(32, 32, 3),
    input_ranks=(3,),
)
