# SPDX-License-Identifier: Apache-2.0
"""Features of sound (n, frames, bands, ...): moved in time, and SpecAugment's masks."""

from __future__ import annotations

from typing import Any

from toolkit.extras import load_extra
from toolkit.training.augmentation.random import Draw

KEYS = ("time_shift", "spec_augment")


def shift_time(x: Any, strength: float, draw: Draw) -> Any:
    """Return x (n, time, ...), each moved by up to strength of its length; the edge is repeated."""
    tensorflow = load_extra("tensorflow")
    length = x.shape[1]
    limit = int(strength * length)
    moved = draw.integers((tensorflow.shape(x)[0], 1), 2 * limit + 1) - limit
    rows = tensorflow.clip_by_value(tensorflow.range(length)[None] + moved, 0, length - 1)
    return tensorflow.gather(x, rows, batch_dims=1)


def mask_spectrogram(x: Any, strength: float, low: float, draw: Draw) -> Any:
    """Return x (n, frames, bands, 1) with one run of frames and one of bands set to low in each.

    A run is up to strength of all frames or bands. Source: Park et al., arXiv 1904.08779, without its
    warp of time.
    """
    tensorflow = load_extra("tensorflow")
    hidden = _run(x, x.shape[1], strength, draw)[:, :, None, None]
    hidden |= _run(x, x.shape[2], strength, draw)[:, None, :, None]
    return tensorflow.where(hidden, low, x)


def _run(x: Any, size: int, strength: float, draw: Draw) -> Any:
    tensorflow = load_extra("tensorflow")
    one = (tensorflow.shape(x)[0], 1)
    length = tensorflow.floor(draw.uniform(one) * (strength * size + 1))
    start = tensorflow.floor(draw.uniform(one) * (size - length + 1))
    places = tensorflow.range(size, dtype=tensorflow.float32)[None]
    return (places >= start) & (places < start + length)
