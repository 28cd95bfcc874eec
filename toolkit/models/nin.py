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
from toolkit.models.multipliers import PictureOptions, channels, require, require_all, sizes_text


@dataclass(frozen=True)
class NinOptions(PictureOptions):
    """[model.options]: channels of each block, and the kernel of its first convolution.

    In the last block that is 3. Each block ends with half of its channels. dropout is after each block but
    the last.
    """

    width: float = 0.25
    dropout: float = 0.5
    filters: tuple[int, ...] = (192, 192, 192)
    kernel: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        require_all("filters", self.filters, 1, 1024)
        require("kernel", self.kernel, 1, 11)


def _layers(options: NinOptions, shape: Shape, inputs: Any) -> Any:
    x = at_resolution(inputs, options.resolution)
    last = len(options.filters)
    for block, filters in enumerate(options.filters, 1):
        wide, narrow = (channels(count, options.width) for count in (filters, (filters + 1) // 2))
        x = convolve(x, Convolution(wide, options.kernel if block < last else 3), f"conv_{block}")
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
