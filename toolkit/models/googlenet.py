# SPDX-License-Identifier: Apache-2.0
"""GoogLeNet: Inception modules, four branches of kernels of several sizes side by side, with batch norm.

Source: Szegedy et al., Going deeper with convolutions, arXiv 1409.4842, table 1; the batch norms are of arXiv
1502.03167. The two outputs in the middle, which help only while the whole network trains, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from toolkit.extras import load_extra
from toolkit.models.blocks import Convolution, at_resolution, average, convolve, drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require_all, sizes_text


class Inception(NamedTuple):
    """Channels of the four branches: 1x1; 1x1 then 3x3; 1x1 then 5x5; pooled then 1x1."""

    one: int
    before_three: int
    three: int
    before_five: int
    five: int
    pooled: int


STAGES = (
    (Inception(64, 96, 128, 16, 32, 32), Inception(128, 128, 192, 32, 96, 64)),
    (
        Inception(192, 96, 208, 16, 48, 64),
        Inception(160, 112, 224, 24, 64, 64),
        Inception(128, 128, 256, 24, 64, 64),
        Inception(112, 144, 288, 32, 64, 64),
        Inception(256, 160, 320, 32, 128, 128),
    ),
    (Inception(256, 160, 320, 32, 128, 128), Inception(384, 192, 384, 48, 128, 128)),
)
"""The modules 3a to 5b."""


@dataclass(frozen=True)
class GoogLeNetOptions(PictureOptions):
    """[model.options]: how many modules each of the three stages keeps, its first ones.

    The paper's network is modules = [2, 5, 2] with width 1.
    """

    width: float = 0.125
    dropout: float = 0.4
    modules: tuple[int, ...] = (2, 5, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("modules", self.modules, 1, 5)
        if len(self.modules) > len(STAGES) or any(
            count > len(stage) for count, stage in zip(self.modules, STAGES, strict=False)
        ):
            raise ValueError(f"modules {list(self.modules)} must be at most [2, 5, 2].")


def _layers(options: GoogLeNetOptions, shape: Shape, inputs: Any) -> Any:
    width = options.width
    x = at_resolution(inputs, options.resolution)
    x = convolve(x, Convolution(channels(64, width), 7, 2), "conv_1")
    x = _pool(x, 2, "pool_1")
    x = convolve(x, Convolution(channels(64, width), 1), "conv_2_reduce")
    x = convolve(x, Convolution(channels(192, width), 3), "conv_2")
    for number, (count, stage) in enumerate(zip(options.modules, STAGES, strict=False), 3):
        x = _pool(x, 2, f"pool_{number - 1}")
        for letter, module in zip("abcde", stage[:count], strict=False):
            x = inception(x, Inception(*(channels(n, width) for n in module)), f"inception_{number}{letter}")
    return drop(average(x), options.dropout)


def inception(x: Any, what: Inception, name: str) -> Any:
    """Return x (n, rows, columns, channels) after the four branches, one after the other as channels."""
    branches = [
        convolve(x, Convolution(what.one, 1), f"{name}_1x1"),
        _two(x, what.before_three, what.three, 3, f"{name}_3x3"),
        _two(x, what.before_five, what.five, 5, f"{name}_5x5"),
        convolve(_pool(x, 1, f"{name}_pool"), Convolution(what.pooled, 1), f"{name}_pooled"),
    ]
    return load_extra("keras").layers.Concatenate(name=name)(branches)


def _two(x: Any, before: int, filters: int, kernel: int, name: str) -> Any:
    return convolve(convolve(x, Convolution(before, 1), f"{name}_reduce"), Convolution(filters, kernel), name)


def _pool(x: Any, stride: int, name: str) -> Any:
    return load_extra("keras").layers.MaxPooling2D(3, stride, padding="same", name=name)(x)


def _label(options: GoogLeNetOptions) -> str:
    return f"googlenet {'+'.join(str(count) for count in options.modules)}{sizes_text(options)}"


FAMILY = Family(
    name="googlenet",
    summary="GoogLeNet, an eighth as wide: Inception modules, kernels of several sizes side by side",
    options=GoogLeNetOptions,
    layers=_layers,
    label=_label,
    example=(96, 96, 3),
    input_ranks=(3,),
)
