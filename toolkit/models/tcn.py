# SPDX-License-Identifier: Apache-2.0
"""Temporal convolutional network: residual blocks of causal convolutions that see ever farther back.

The window is a picture one row high. Source: Bai, Kolter, Koltun, An empirical evaluation of generic
convolutional and recurrent networks for sequence modeling, arXiv 1803.01271; batch norm stands for its
weight norm, and the mean over time is what the output layer sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.blocks import Convolution, activate, add, as_row, average, convolve, drop
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import WidthOptions, channels, require, require_all, sizes_text


@dataclass(frozen=True)
class TcnOptions(WidthOptions):
    """[model.options]: channels of each block; the convolutions of block i look 2 ** (i - 1) times apart.

    dropout is in each block and before the output.
    """

    filters: tuple[int, ...] = (16, 16, 32, 32)
    kernel: int = 3
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", self.filters, 1, 1024)
        require("kernel", self.kernel, 2, 64)
        if len(self.filters) > 12:
            raise ValueError(f"filters {list(self.filters)} must be 12 numbers at most.")


def _layers(options: TcnOptions, shape: Shape, inputs: Any) -> Any:
    x = as_row(inputs)
    for number, filters in enumerate(options.filters, 1):
        x = _block(x, channels(filters, options.width), 1 << (number - 1), options, f"block_{number}")
    return drop(average(x), options.dropout)


def _block(x: Any, filters: int, apart: int, options: TcnOptions, name: str) -> Any:
    pad = load_extra("keras").layers.ZeroPadding2D
    y, kernel = x, (1, options.kernel)
    for part in (1, 2):
        y = pad(((0, 0), (apart * (options.kernel - 1), 0)), name=f"{name}_{part}_pad")(y)
        what = Convolution(filters, kernel, padding="valid", dilation=(1, apart))
        y = drop(convolve(y, what, f"{name}_{part}"), options.dropout, f"{name}_{part}_dropout")
    if x.shape != y.shape:
        x = convolve(x, Convolution(filters, 1, activation="linear"), f"{name}_shortcut")
    return activate(add(y, x, name), "relu", name)


def _label(options: TcnOptions) -> str:
    return f"tcn {'+'.join(str(filters) for filters in options.filters)}{sizes_text(options)}"


FAMILY = Family(
    name="tcn",
    summary="residual blocks of dilated causal convolutions, for windows of sensor data",
    options=TcnOptions,
    layers=_layers,
    label=_label,
    example=(128, 3),
    input_ranks=(2,),
)
