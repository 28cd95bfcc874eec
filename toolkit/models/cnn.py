# SPDX-License-Identifier: Apache-2.0
"""Small convolutional network: one convolution, then depthwise-separable ones, each with batch norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.blocks import Convolution, at_resolution, convolve, convolve_depthwise, drop, halve
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require, require_all, sizes_text


@dataclass(frozen=True)
class CnnOptions(PictureOptions):
    """[model.options]: channels of the first convolution and of each separable block after it.

    The picture is halved before every block but the first, and once more before the dense layer. kernel is
    that of the first convolution and of the depthwise ones.
    """

    filters: tuple[int, ...] = (16, 32, 48)
    kernel: int = 3
    dropout: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", self.filters, 1, 1024)
        require("kernel", self.kernel, 1, 15)


def _layers(options: CnnOptions, shape: Shape, inputs: Any) -> Any:
    first, *rest = (channels(filters, options.width) for filters in options.filters)
    x = convolve(at_resolution(inputs, options.resolution), Convolution(first, options.kernel), "conv")
    for number, filters in enumerate(rest, 1):
        if number > 1:
            x = halve(x, f"pool_{number}")
        x = convolve_depthwise(x, f"depthwise_{number}", kernel=options.kernel)
        x = convolve(x, Convolution(filters, 1), f"pointwise_{number}")
    x = load_extra("keras").layers.Flatten(name="flatten")(halve(x, "pool_last"))
    return drop(x, options.dropout)


def _label(options: CnnOptions) -> str:
    kernel = f" k{options.kernel}" if options.kernel != 3 else ""
    return f"cnn {'+'.join(str(filters) for filters in options.filters)}{sizes_text(options)}{kernel}"


FAMILY = Family(
    name="cnn",
    summary="a convolution and depthwise-separable blocks with batch norm, for pictures",
    options=CnnOptions,
    layers=_layers,
    label=_label,
    example=(32, 32, 1),
    input_ranks=(3,),
)
