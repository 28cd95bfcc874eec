# SPDX-License-Identifier: Apache-2.0
"""Small convolutional network: one convolution, then depthwise-separable ones, each with batch norm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from toolkit.extras import load_extra
from toolkit.models.family import Family, Shape


@dataclass(frozen=True)
class CnnOptions:
    """[model.options]: channels of the first convolution and of each separable block after it.

    The picture is halved before every block but the first, and once more before the dense layer.
    """

    filters: tuple[int, ...] = (16, 32, 48)
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if not self.filters or min(self.filters) < 1 or max(self.filters) > 1024:
            raise ValueError(f"filters {list(self.filters)} must be one or more numbers from 1 to 1024.")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout {self.dropout:g} must be at least 0 and less than 1.")


def _layers(options: CnnOptions, shape: Shape, inputs: Any) -> Any:
    layers = load_extra("keras").layers
    first, *rest = options.filters
    x = layers.Conv2D(first, 3, padding="same", use_bias=False, name="conv")(inputs)
    x = _normalized(x, "conv")
    for number, filters in enumerate(rest, 1):
        if number > 1:
            x = _halved(x, f"pool_{number}")
        x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"depthwise_{number}")(x)
        x = _normalized(x, f"depthwise_{number}")
        x = layers.Conv2D(filters, 1, use_bias=False, name=f"pointwise_{number}")(x)
        x = _normalized(x, f"pointwise_{number}")
    x = _halved(x, "pool_last")
    x = layers.Flatten(name="flatten")(x)
    return layers.Dropout(options.dropout, name="dropout")(x) if options.dropout else x


def _normalized(x: Any, name: str) -> Any:
    layers = load_extra("keras").layers
    return layers.ReLU(name=f"{name}_relu")(layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x))


def _halved(x: Any, name: str) -> Any:
    """Pool 2x2; a picture that is one pixel high or wide stays as it is."""
    return load_extra("keras").layers.MaxPooling2D(2, name=name)(x) if min(x.shape[1:3]) > 1 else x


def _label(options: CnnOptions) -> str:
    return f"cnn {'+'.join(str(filters) for filters in options.filters)}"


FAMILY = Family(
    name="cnn",
    summary="a convolution and depthwise-separable blocks with batch norm, for pictures",
    options=CnnOptions,
    layers=_layers,
    label=_label,
    input_rank=3,
)
