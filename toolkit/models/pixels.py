# SPDX-License-Identifier: Apache-2.0
"""What a pretrained network expects of pixels, as one 1 x 1 convolution in front of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import InputError
from toolkit.extras import load_extra

PREPARE = "prepare"
Array = NDArray[np.float32]


def pixel_rule(change: Callable[[Array], Any], channels: int) -> tuple[Array, Array]:
    """Return (kernel, bias) with change(pixels) = pixels @ kernel + bias, for pixels from 0 to 1.

    change takes pictures of one pixel, (n, 1, 1, channels), and treats each pixel in the same
    affine way: that is so for scales, means and the order of channels.
    """
    colours = np.concatenate([np.zeros((1, channels)), np.eye(channels)]).astype(np.float32)
    values = np.asarray(change(colours.reshape(-1, 1, 1, channels)), np.float32).reshape(channels + 1, -1)
    return values[1:] - values[0], values[0]


def prepare_pixels(x: Any, rule: tuple[Array, Array]) -> Any:
    """Return pixels from 0 to 1, (n, rows, columns, channels), as the network behind rule expects them.

    Grey pictures become three equal channels. One layer that is never trained does all of it, so
    that the device does the same; none where nothing is to do. Raises InputError for other channels.
    """
    kernel, bias = rule
    if x.shape[-1] == 1 < len(kernel):
        kernel = kernel.sum(axis=0, keepdims=True)
    if x.shape[-1] != len(kernel):
        raise InputError(
            f"the base takes pictures of {len(kernel)} channels; the data have {x.shape[-1]}.",
            hint='Try: color = "grey" or "rgb" in the section [data.options]',
        )
    if (
        kernel.shape[0] == kernel.shape[1]
        and not np.any(bias)
        and np.array_equal(kernel, np.eye(len(kernel)))
    ):
        return x
    layer = load_extra("keras").layers.Conv2D(kernel.shape[1], 1, trainable=False, name=PREPARE)
    prepared = layer(x)
    layer.set_weights([kernel.reshape(1, 1, *kernel.shape), bias])
    return prepared
