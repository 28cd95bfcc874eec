# SPDX-License-Identifier: Apache-2.0
"""Pictures moved: flip, shift, rotation, zoom and crop as one affine map, with one interpolation."""

from __future__ import annotations

import math
from typing import Any

from toolkit.extras import load_extra
from toolkit.project.recipe import AugmentConfig
from toolkit.training.augmentation.random import Draw

KEYS = ("flip", "shift", "rotation", "zoom", "crop")


def move(config: AugmentConfig, x: Any, draw: Draw) -> Any:
    """Return the pictures x (n, height, width, channels), each moved on its own.

    What comes in from outside is the nearest pixel of the edge.
    """
    tensorflow = load_extra("tensorflow")
    count, height, width = tensorflow.shape(x)[0], x.shape[1], x.shape[2]
    angle = draw.uniform((count,), -config.rotation, config.rotation) * (math.pi / 180)
    scale = 1 + draw.uniform((count,), -config.zoom, config.zoom)
    kept = 1 - draw.uniform((count,), 0.0, config.crop)
    mirrored = [_sign(axis in _AXES[config.flip], draw, count) for axis in ("horizontal", "vertical")]
    room = config.shift + (1 - kept) / 2
    across = draw.uniform((count,), -1.0, 1.0) * room * width
    down = draw.uniform((count,), -1.0, 1.0) * room * height
    size = kept / scale
    cosine, sine = tensorflow.cos(angle) * size, tensorflow.sin(angle) * size
    rows = (cosine * mirrored[0], -sine, across, sine * mirrored[0], cosine * mirrored[1], down)
    return transform(x, rows)


_AXES = {"": (), "horizontal": ("horizontal",), "vertical": ("vertical",), "both": ("horizontal", "vertical")}


def _sign(flips: bool, draw: Draw, count: Any) -> Any:
    tensorflow = load_extra("tensorflow")
    if not flips:
        return tensorflow.ones((count,))
    return tensorflow.sign(draw.uniform((count,)) - 0.5 + 1e-9)


def transform(x: Any, rows: tuple[Any, ...]) -> Any:
    """Return pictures x mapped about their centre, bilinear.

    rows are a, b, c, d, e, f, each (n,): the pixel at (i, j) right of and below the centre is taken
    from (a i + b j + c, d i + e j + f).
    """
    tensorflow = load_extra("tensorflow")
    a, b, c, d, e, f = rows
    i, j = (x.shape[2] - 1) / 2, (x.shape[1] - 1) / 2
    c, f = c + i - a * i - b * j, f + j - d * i - e * j
    zero = tensorflow.zeros_like(a)
    return tensorflow.raw_ops.ImageProjectiveTransformV3(
        images=x,
        transforms=tensorflow.stack([a, b, c, d, e, f, zero, zero], axis=1),
        output_shape=tensorflow.constant([x.shape[1], x.shape[2]], tensorflow.int32),
        fill_value=tensorflow.constant(0.0),
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
