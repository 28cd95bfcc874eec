# SPDX-License-Identifier: Apache-2.0
"""DS-CNN: a wide convolution and depthwise-separable blocks of one size, for spectrograms.

Source: Zhang, Suda, Lai, Chandra, Hello Edge, arXiv 1711.07128; MLPerf Tiny's model for keywords.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.models.blocks import Convolution, at_resolution, average, convolve, convolve_depthwise, drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require, require_all, sizes_text


@dataclass(frozen=True)
class DsCnnOptions(PictureOptions):
    """[model.options]: filters of every layer, blocks after the first, which has kernel and stride.

    kernel and stride are of rows (time) and columns (frequency).
    """

    filters: int = 64
    blocks: int = 4
    kernel: tuple[int, ...] = (10, 4)
    stride: tuple[int, ...] = (2, 2)
    dropout: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", (self.filters,), 1, 1024)
        require("blocks", self.blocks, 0, 32)
        for name, pair in (("kernel", self.kernel), ("stride", self.stride)):
            require_all(name, pair, 1, 64)
            if len(pair) != 2:
                raise ValueError(f"{name} {list(pair)} must be two numbers: of rows and of columns.")


def _layers(options: DsCnnOptions, shape: Shape, inputs: Any) -> Any:
    filters = channels(options.filters, options.width)
    (rows, columns), (down, right) = options.kernel, options.stride
    x = at_resolution(inputs, options.resolution)
    x = convolve(x, Convolution(filters, (rows, columns), (down, right)), "conv")
    for number in range(1, options.blocks + 1):
        x = convolve_depthwise(x, f"depthwise_{number}")
        x = convolve(x, Convolution(filters, 1), f"pointwise_{number}")
    return drop(average(x), options.dropout)


def _label(options: DsCnnOptions) -> str:
    return f"ds_cnn {options.filters}{sizes_text(options)}"


FAMILY = Family(
    name="ds_cnn",
    summary="a wide convolution and separable blocks, for spectrograms; MLPerf Tiny's for keywords",
    options=DsCnnOptions,
    layers=_layers,
    label=_label,
    example=(49, 10, 1),
    input_ranks=(3,),
)
