# SPDX-License-Identifier: Apache-2.0
"""Two samples in one: MixUp, CutMix and FMix. The label says how much of each is in it."""

from __future__ import annotations

from typing import Any

from toolkit.extras import load_extra
from toolkit.project.recipe import AugmentConfig
from toolkit.training.augmentation.random import Draw

KEYS = ("mixup", "cutmix", "fmix")
_DECAY_POWER = 3.0


def mix(config: AugmentConfig, x: Any, y: Any, draw: Draw) -> tuple[Any, Any]:
    """Return the batch with each sample mixed with the next one; y is (n, classes or targets).

    Of what config switches on, one way is drawn for every batch.
    """
    tensorflow = load_extra("tensorflow")
    ways = [name for name in KEYS if getattr(config, name)]
    choices = [lambda name=name: _mask(name, getattr(config, name), x, draw) for name in ways]
    mask = tensorflow.switch_case(draw.integers((), len(ways)), choices) if len(ways) > 1 else choices[0]()
    other_x, other_y = tensorflow.roll(x, 1, axis=0), tensorflow.roll(y, 1, axis=0)
    share = tensorflow.reduce_mean(mask)
    return x * mask + other_x * (1 - mask), y * share + other_y * (1 - share)


def _mask(name: str, alpha: float, x: Any, draw: Draw) -> Any:
    """How much of the sample itself each pixel is: (1, height, width, 1), or of fewer dimensions."""
    tensorflow = load_extra("tensorflow")
    share = draw.beta((), alpha)
    ones = tensorflow.ones((1, *x.shape[1:-1], 1))
    if name == "mixup" or x.shape.rank != 4:
        return ones * share
    make = cut_mask if name == "cutmix" else fourier_mask
    return tensorflow.ensure_shape(make(share, x.shape[1], x.shape[2], draw), ones.shape)


def cut_mask(share: Any, height: int, width: int, draw: Draw) -> Any:
    """Return 1 outside and 0 inside a rectangle of 1 - share of the picture, cut off at its edges.

    Source: Yun et al., arXiv 1905.04899.
    """
    tensorflow = load_extra("tensorflow")
    side = tensorflow.sqrt(1 - share) / 2

    def inside(size: int) -> Any:
        centre = draw.uniform(()) * size
        places = tensorflow.range(size, dtype=tensorflow.float32) + 0.5
        return tensorflow.abs(places - centre) < side * size

    rows, columns = inside(height), inside(width)
    box = rows[:, None] & columns[None, :]
    return 1 - tensorflow.cast(box, tensorflow.float32)[None, :, :, None]


def fourier_mask(share: Any, height: int, width: int, draw: Draw) -> Any:
    """Return 1 for the share of pixels where smooth noise is highest, 0 for the others.

    The noise is random in frequency space and falls with the frequency to the power of 3. Source:
    Harris et al., arXiv 2002.12047.
    """
    tensorflow = load_extra("tensorflow")
    half = width // 2 + 1
    rows = tensorflow.range(height, dtype=tensorflow.float32)
    rows = tensorflow.minimum(rows, height - rows) / height
    columns = tensorflow.range(half, dtype=tensorflow.float32) / width
    frequency = tensorflow.sqrt(rows[:, None] ** 2 + columns[None, :] ** 2)
    frequency = tensorflow.maximum(frequency, 1 / max(height, width))
    noise = draw.normal((2, height, half)) / frequency**_DECAY_POWER
    grey = tensorflow.signal.irfft2d(tensorflow.complex(noise[0], noise[1]), [height, width])
    order = tensorflow.argsort(tensorflow.reshape(grey, [-1]), direction="DESCENDING", stable=True)
    rank = tensorflow.math.invert_permutation(order)
    kept = tensorflow.cast(tensorflow.round(share * height * width), tensorflow.int32)
    mask = tensorflow.cast(rank < kept, tensorflow.float32)
    return tensorflow.reshape(mask, [1, height, width, 1])
