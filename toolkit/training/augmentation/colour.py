# SPDX-License-Identifier: Apache-2.0
"""Brightness, contrast and, in colour pictures, saturation."""

from __future__ import annotations

from typing import Any

from toolkit.extras import load_extra
from toolkit.training.augmentation.random import Draw

_GREY = (0.299, 0.587, 0.114)


def jitter_colour(x: Any, strength: float, low: float, high: float, draw: Draw) -> Any:
    """Return pictures x (n, height, width, channels) between low and high in other colours.

    Each is brighter or darker by up to strength of the range, and its contrast and saturation are
    up to strength higher or lower.
    """
    tensorflow = load_extra("tensorflow")
    one = (tensorflow.shape(x)[0], 1, 1, 1)
    mean = tensorflow.reduce_mean(x, axis=(1, 2, 3), keepdims=True)
    x = mean + (x - mean) * draw.uniform(one, 1 - strength, 1 + strength)
    x = x + draw.uniform(one, -strength, strength) * (high - low)
    if x.shape[3] == 3:
        grey = tensorflow.reduce_sum(x * tensorflow.constant(_GREY), axis=3, keepdims=True)
        x = grey + (x - grey) * draw.uniform(one, 1 - strength, 1 + strength)
    return tensorflow.clip_by_value(x, low, high)
