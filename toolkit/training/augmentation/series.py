# SPDX-License-Identifier: Apache-2.0
"""Time series (n, time, channels): noise, another amplitude, another pace."""

from __future__ import annotations

from typing import Any

from toolkit.extras import load_extra
from toolkit.training.augmentation.random import Draw

KEYS = ("jitter", "scale", "time_warp")
_KNOTS = 4


def add_noise(x: Any, deviation: Any, draw: Draw) -> Any:
    """Return x (..., channels) with normal noise of this standard deviation, (channels,)."""
    return x + draw.normal(load_extra("tensorflow").shape(x)) * deviation


def scale_amplitude(x: Any, strength: float, draw: Draw) -> Any:
    """Return x (n, time, channels), each channel up to strength stronger or weaker."""
    count = load_extra("tensorflow").shape(x)[0]
    return x * draw.uniform((count, 1, x.shape[2]), 1 - strength, 1 + strength)


def warp_time(x: Any, strength: float, draw: Draw) -> Any:
    """Return x (n, time, channels) now faster, now slower, by up to strength; begin and end stay.

    The speed is drawn at four moments, in between it goes in straight lines. Source of the idea: Um et
    al., arXiv 1706.00527, which has cubic splines.
    """
    tensorflow = load_extra("tensorflow")
    count, length = tensorflow.shape(x)[0], x.shape[1]
    knots = draw.uniform((count, _KNOTS), 1 - strength, 1 + strength)
    place = tensorflow.linspace(0.0, _KNOTS - 1.0, length)
    speed = _between(knots[:, :, None], tensorflow.tile(place[None], [count, 1]))[:, :, 0]
    passed = tensorflow.cumsum(speed, axis=1) - speed
    moment = passed / tensorflow.maximum(passed[:, -1:], 1e-6) * (length - 1)
    return _between(x, moment)


def _between(values: Any, place: Any) -> Any:
    """values (n, m, c) at places (n, k) from 0 to m - 1, in straight lines: (n, k, c)."""
    tensorflow = load_extra("tensorflow")
    below = tensorflow.clip_by_value(tensorflow.cast(place, tensorflow.int32), 0, values.shape[1] - 2)
    part = (place - tensorflow.cast(below, place.dtype))[:, :, None]
    low = tensorflow.gather(values, below, batch_dims=1)
    high = tensorflow.gather(values, below + 1, batch_dims=1)
    return low + (high - low) * part
