# SPDX-License-Identifier: Apache-2.0
"""Convolutions along time, for windows of sensor data: (times, channels).

The window is a picture one row high, which costs the board nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from toolkit.models.blocks import Convolution, as_row, average, convolve, drop, halve_row
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import WidthOptions, channels, require, require_all, sizes_text


@dataclass(frozen=True)
class Cnn1dOptions(WidthOptions):
    """[model.options]: channels of each convolution; kernel is how many times one of them sees.

    Time is halved after each but the last. padding "valid" lets no convolution look beyond the window's ends,
    which [firmware] stream = true asks for.
    """

    filters: tuple[int, ...] = (16, 32, 64)
    kernel: int = 5
    dropout: float = 0.2
    padding: Literal["same", "valid"] = "same"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", self.filters, 1, 1024)
        require("kernel", self.kernel, 1, 255)


def _layers(options: Cnn1dOptions, shape: Shape, inputs: Any) -> Any:
    x = as_row(inputs)
    for number, filters in enumerate(options.filters, 1):
        x = halve_row(x, f"pool_{number - 1}") if number > 1 else x
        what = Convolution(channels(filters, options.width), (1, options.kernel), padding=options.padding)
        x = convolve(x, what, f"conv_{number}")
    return drop(average(x), options.dropout)


def _label(options: Cnn1dOptions) -> str:
    return f"cnn_1d {'+'.join(str(filters) for filters in options.filters)}{sizes_text(options)}"


FAMILY = Family(
    name="cnn_1d",
    summary="convolutions along time, for windows of sensor data",
    options=Cnn1dOptions,
    layers=_layers,
    label=_label,
    example=(128, 3),
    input_ranks=(2,),
)
