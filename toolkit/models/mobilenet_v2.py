# SPDX-License-Identifier: Apache-2.0
"""MobileNetV2: inverted residual blocks with linear bottlenecks.

Source: Sandler et al., MobileNetV2, arXiv 1801.04381. The last convolution is multiplied by width too.
Kernels, expansions and repeats by stage are what a one-shot search chooses, as in Once-for-All by Cai et al.,
arXiv 1908.09791.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from toolkit.models.blocks import Convolution, at_resolution, average, convolve, drop, inverted_residual
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require, require_all, sizes_text

FIRST, LAST = 32, 1280
# Channels and first stride of each stage: table 2 of the paper.
_STAGES = ((16, 1), (24, 2), (32, 2), (64, 2), (96, 1), (160, 2), (320, 1))
_REPEATS: tuple[int, ...] = (1, 2, 3, 4, 3, 3, 1)
_KERNELS: tuple[int, ...] = (3,)
_EXPANSIONS: tuple[int, ...] = (1, 6)


@dataclass(frozen=True)
class MobilenetV2Options(PictureOptions):
    """[model.options]: stages is how many of the paper's seven there are; depth multiplies their blocks.

    repeats has the blocks of each stage, kernels their depthwise kernel, expansions by how much they widen
    before it: the last number counts for all stages after it.
    """

    width: float = 0.35
    depth: float = 1.0
    stages: int = len(_STAGES)
    kernels: tuple[int, ...] = _KERNELS
    expansions: tuple[int, ...] = _EXPANSIONS
    repeats: tuple[int, ...] = _REPEATS

    def __post_init__(self) -> None:
        super().__post_init__()
        require("depth", self.depth, 0.1, 4)
        require("stages", self.stages, 1, len(_STAGES))
        require_all("kernels", self.kernels, 1, 15)
        require_all("expansions", self.expansions, 1, 16)
        require_all("repeats", self.repeats, 1, 16)


@dataclass(frozen=True)
class Block:
    """An inverted residual block: its narrow channels, and by how much those of its input are widened."""

    name: str
    stage: int
    filters: int
    kernel: int
    stride: int
    expansion: int


def blocks_of(options: MobilenetV2Options) -> list[Block]:
    """Return the blocks in their order; names say stage and number in it, both from 1."""
    return [
        Block(
            name=f"block_{stage}_{number}",
            stage=stage,
            filters=channels(filters, options.width),
            kernel=of_stage(options.kernels, stage),
            stride=stride if number == 1 else 1,
            expansion=of_stage(options.expansions, stage),
        )
        for stage, (filters, stride) in enumerate(_STAGES[: options.stages], 1)
        for number in range(1, ceil(options.depth * of_stage(options.repeats, stage)) + 1)
    ]


def of_stage(numbers: Sequence[int], stage: int) -> int:
    """Return the number of a stage, from 1, in an option of which the last one counts for all after it."""
    return numbers[min(stage, len(numbers)) - 1]


def _layers(options: MobilenetV2Options, shape: Shape, inputs: Any) -> Any:
    x = at_resolution(inputs, options.resolution)
    x = convolve(x, Convolution(channels(FIRST, options.width), 3, 2, "relu6"), "conv")
    for block in blocks_of(options):
        narrow = Convolution(block.filters, block.kernel, block.stride, "relu6")
        x = inverted_residual(x, narrow, block.name, expanded=block.expansion * int(x.shape[-1]))
    x = convolve(x, Convolution(channels(LAST, options.width), 1, activation="relu6"), "conv_last")
    return drop(average(x), options.dropout)


def _label(options: MobilenetV2Options) -> str:
    changed = "".join(
        f" {letter}{'+'.join(map(str, numbers))}"
        for letter, numbers, usual in (
            ("k", options.kernels, _KERNELS),
            ("e", options.expansions, _EXPANSIONS),
            ("b", options.repeats, _REPEATS),
        )
        if numbers != usual
    )
    return f"mobilenet_v2{sizes_text(options)}{changed}"


FAMILY = Family(
    name="mobilenet_v2",
    summary="inverted residual blocks, about a third as wide",
    options=MobilenetV2Options,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
