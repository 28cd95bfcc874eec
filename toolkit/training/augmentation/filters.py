# SPDX-License-Identifier: Apache-2.0
"""The filters of a course in image processing, on batches of pictures: smoothing, sharpening, edges.

Beyond an edge its last pixels go on, as scipy.ndimage has it with mode "nearest".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from toolkit.extras import load_extra
from toolkit.project.recipe import PICTURE_FILTERS
from toolkit.training.augmentation.random import Draw

_SMOOTH = np.outer((1, 4, 6, 4, 1), (1, 4, 6, 4, 1)) / 256  # a Gaussian of deviation 1, in whole numbers
_RIGHT = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
_AROUND = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
_STEEPEST = 4.0
"""What a Sobel kernel gives at an edge from the lowest to the highest value."""
_NEAR, _ALIKE = 1.0, 0.1  # deviations of the bilateral filter: in pixels, and as a part of the range


def filter_some(x: Any, names: Sequence[str], share: float, low: float, high: float, draw: Draw) -> Any:
    """Return pictures x (n, height, width, channels), a share of them each after one of the named filters."""
    tensorflow = load_extra("tensorflow")
    one = (tensorflow.shape(x)[0], 1, 1, 1)
    chosen, drawn = draw.integers(one, len(names)), draw.uniform(one) < share
    for number, name in enumerate(names):
        is_meant = tensorflow.logical_and(drawn, chosen == number)
        x = tensorflow.where(is_meant, filtered(x, name, low, high), x)
    return x


def filtered(x: Any, name: str, low: float, high: float) -> Any:
    """Return pictures x (n, height, width, channels) after one filter, between low and high.

    Edges (sobel, laplacian) are as bright as they are steep: low where the picture is even.
    """
    return load_extra("tensorflow").clip_by_value(_FILTERS[name](x, low, high), low, high)


def _gaussian(x: Any, low: float, high: float) -> Any:
    return _weighted(x, _SMOOTH)


def _median(x: Any, low: float, high: float) -> Any:
    return load_extra("tensorflow").sort(_neighbours(x, 3), axis=-1)[..., 4]


def _bilateral(x: Any, low: float, high: float) -> Any:
    """Smooth what is alike: a neighbour counts by how near it is, and by how near its value is.

    Source: Tomasi, Manduchi, Bilateral filtering for gray and color images, ICCV 1998; here
    each channel by itself.
    """
    tensorflow = load_extra("tensorflow")
    around = _neighbours(x, 5)
    places = np.indices((5, 5)).reshape(2, -1) - 2
    near = np.exp(-(places**2).sum(axis=0) / (2 * _NEAR**2)).astype(np.float32)
    apart = (around - x[..., None]) / (_ALIKE * (high - low))
    weights = near * tensorflow.exp(-tensorflow.square(apart) / 2)
    return tensorflow.reduce_sum(weights * around, -1) / tensorflow.reduce_sum(weights, -1)


def _sobel(x: Any, low: float, high: float) -> Any:
    tensorflow = load_extra("tensorflow")
    across, down = _weighted(x, _RIGHT), _weighted(x, _RIGHT.T)
    return low + tensorflow.sqrt(tensorflow.square(across) + tensorflow.square(down)) / _STEEPEST


def _laplacian(x: Any, low: float, high: float) -> Any:
    return low + load_extra("tensorflow").abs(_weighted(x, _AROUND))


def _sharpen(x: Any, low: float, high: float) -> Any:
    """Add what smoothing would take away."""
    return 2 * x - _gaussian(x, low, high)


_FILTERS: dict[str, Callable[[Any, float, float], Any]] = {
    "gaussian": _gaussian,
    "median": _median,
    "bilateral": _bilateral,
    "sobel": _sobel,
    "laplacian": _laplacian,
    "sharpen": _sharpen,
}
assert set(_FILTERS) == set(PICTURE_FILTERS)


def _widened(x: Any, size: int) -> Any:
    """Return x with its edges repeated size // 2 times: SYMMETRIC by one pixel is just that."""
    tensorflow = load_extra("tensorflow")
    for _ in range(size // 2):
        x = tensorflow.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), "SYMMETRIC")
    return x


def _weighted(x: Any, weights: Any) -> Any:
    """Return the sum of each pixel's neighbours times weights (size, size), of each channel by itself."""
    tensorflow = load_extra("tensorflow")
    kernel = np.repeat(np.asarray(weights, np.float32)[..., None, None], x.shape[-1], axis=2)
    return tensorflow.nn.depthwise_conv2d(_widened(x, len(weights)), kernel, (1, 1, 1, 1), "VALID")


def _neighbours(x: Any, size: int) -> Any:
    """Return (n, height, width, channels, size * size): what is around each pixel."""
    tensorflow = load_extra("tensorflow")
    wide, (rows, columns) = _widened(x, size), (tensorflow.shape(x)[1], tensorflow.shape(x)[2])
    places = [(row, column) for row in range(size) for column in range(size)]
    return tensorflow.stack([wide[:, r : r + rows, c : c + columns] for r, c in places], axis=-1)
