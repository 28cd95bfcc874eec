# SPDX-License-Identifier: Apache-2.0
"""Network in network: each convolution is followed by two of 1 x 1, a small network over the channels.

Source: Lin, Chen, Yan, Network in network, arXiv 1312.4400; the sizes are of its network for CIFAR-10. There
the averages of the last channels are the classes; here a dense layer is behind them, as in every family.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.models.blocks import Convolution, at_resolution, average, convolve, drop, halve
from toolkit.models.family import Family, Shape
from toolkit.models.multipliers import PictureOptions, channels, require_all, sizes_text


@dataclass(frozen=True)
class NinOptions(PictureOptions):
    """[model.options]: channels and kernel of each block's first convolution.

    narrow is the share of the channels that the 1 x 1 convolutions of a block end with. dropout is after each
    block but the last.
    """

    width: float = 0.25
    dropout: float = 0.5
    filters: tuple[int, ...] = (192, 192, 192)
    kernels: tuple[int, ...] = (5, 5, 3)
    narrow: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", self.filters, 1, 1024)
        require_all("kernels", self.kernels, 1, 11)
        if len(self.filters) != len(self.kernels):
            raise ValueError(
                f"filters {list(self.filters)} and kernels {list(self.kernels)} differ in length."
            )
        if not 0 < self.narrow <= 1:
            raise ValueError(f"narrow {self.narrow:g} must be above 0 and at most 1.")


def _layers(options: NinOptions, shape: Shape, inputs: Any) -> Any:
    x = at_resolution(inputs, options.resolution)
    last = len(options.filters)
    for block, (filters, kernel) in enumerate(zip(options.filters, options.kernels, strict=True), 1):
        wide, narrow = (
            channels(n, options.width) for n in (filters, max(1, round(filters * options.narrow)))
        )
        x = convolve(x, Convolution(wide, kernel), f"conv_{block}")
        x = convolve(x, Convolution(wide, 1), f"network_{block}_1")
        x = convolve(x, Convolution(narrow, 1), f"network_{block}_2")
        if block < last:
            x = drop(halve(x, f"pool_{block}"), options.dropout, f"dropout_{block}")
    return average(x)


def _label(options: NinOptions) -> str:
    return f"nin {'+'.join(str(filters) for filters in options.filters)}{sizes_text(options)}"


FAMILY = Family(
    name="nin",
    summary="network in network, a quarter as wide: a small network of 1 x 1 after each convolution",
    options=NinOptions,
    layers=_layers,
    label=_label,
    example=(32, 32, 3),
    input_ranks=(3,),
)
