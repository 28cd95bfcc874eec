# SPDX-License-Identifier: Apache-2.0
"""AugMix: a picture mixed with pictures that chains of simple operations made of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from toolkit.extras import load_extra
from toolkit.training.augmentation.geometry import transform
from toolkit.training.augmentation.random import Draw

_CHAINS = 3
_LONGEST = 3
_SEVERITY = {"cifar": 0.3, "imagenet": 0.5}
_ENHANCED = 0.9
_SMOOTH = ((1.0, 1.0, 1.0), (1.0, 5.0, 1.0), (1.0, 1.0, 1.0))
_GREY = (0.299, 0.587, 0.114)
_ALPHA = 1.0
_DEGREES = 30.0
_SHIFT = 1 / 3


def augmix(x: Any, share: float, low: float, high: float, draw: Draw, policy: str = "cifar") -> Any:
    """Return pictures x (n, height, width, channels) between low and high, a share of them changed.

    Three chains of one to three operations each, mixed by a Dirichlet distribution, then mixed with
    the picture by a Beta distribution, both with alpha 1. Operations are drawn for the batch, how strong they
    are for each picture. The policy cifar has the nine operations of Hendrycks et al., arXiv 1912.02781, with
    severity 3 of 10; imagenet those of colour, contrast, brightness and sharpness too, with severity 5, as
    the code published with arXiv 2108.07049 has it.
    """
    tensorflow = load_extra("tensorflow")
    count = tensorflow.shape(x)[0]
    unit = (x - low) / (high - low)
    weights = draw.gamma((_CHAINS, count, 1, 1, 1), _ALPHA) + 1e-9
    weights /= tensorflow.reduce_sum(weights, axis=0, keepdims=True)
    operate = tensorflow.function(
        _operation_of(policy), autograph=False
    )  # traced once for all links of the chains
    mixed = tensorflow.zeros_like(unit)
    for chain in range(_CHAINS):
        length = draw.integers((), _LONGEST) + 1
        changed = unit
        for number in range(_LONGEST):
            changed = operate(changed, draw.seed(), number < length)
        mixed += weights[chain] * changed
    keep = draw.beta((count, 1, 1, 1), _ALPHA)
    untouched = tensorflow.cast(draw.uniform((count, 1, 1, 1)) >= share, unit.dtype)
    keep = tensorflow.maximum(keep, untouched)
    return low + (high - low) * tensorflow.clip_by_value(keep * unit + (1 - keep) * mixed, 0.0, 1.0)


def _operation_of(policy: str) -> Callable[[Any, Any, Any], Any]:
    """Return what gives x after an operation of policy drawn from seed, or as it is."""
    severity = _SEVERITY[policy]
    operations = [*OPERATIONS.values(), *(COLOURS.values() if policy == "imagenet" else ())]

    def operate(x: Any, seed: Any, is_on: Any) -> Any:
        tensorflow, draw = load_extra("tensorflow"), Draw(seed, 0)
        strength = draw.uniform((tensorflow.shape(x)[0],), 0.1 * severity, severity)
        signed = strength * tensorflow.sign(draw.uniform(tensorflow.shape(strength)) - 0.5 + 1e-9)
        makes = [lambda make=make: make(x, strength, signed) for make in operations]
        chosen = tensorflow.where(is_on, draw.integers((), len(makes)), len(makes))
        return tensorflow.ensure_shape(tensorflow.switch_case(chosen, [*makes, lambda: x]), x.shape)

    return operate


def _affine(x: Any, **changed: Any) -> Any:
    """Transform x by the identity map but for what is given."""
    tensorflow = load_extra("tensorflow")
    zero = tensorflow.zeros((tensorflow.shape(x)[0],))
    return transform(x, tuple(zero + changed.get(name, float(name in "ae")) for name in "abcdef"))


def _rotate(x: Any, _: Any, signed: Any) -> Any:
    tensorflow = load_extra("tensorflow")
    angle = signed * math.radians(_DEGREES)
    cosine, sine = tensorflow.cos(angle), tensorflow.sin(angle)
    return _affine(x, a=cosine, b=-sine, d=sine, e=cosine)


def _posterize(x: Any, strength: Any, _: Any) -> Any:
    tensorflow = load_extra("tensorflow")
    levels = tensorflow.round(2.0 ** (4 - 4 * strength))[:, None, None, None]
    return tensorflow.floor(x * levels * 0.9999) / tensorflow.maximum(levels - 1, 1)


def _solarize(x: Any, strength: Any, _: Any) -> Any:
    tensorflow = load_extra("tensorflow")
    return tensorflow.where(x < 1 - strength[:, None, None, None], x, 1 - x)


def _autocontrast(x: Any, _: Any, __: Any) -> Any:
    tensorflow = load_extra("tensorflow")
    low = tensorflow.reduce_min(x, axis=(1, 2), keepdims=True)
    span = tensorflow.reduce_max(x, axis=(1, 2), keepdims=True) - low
    return tensorflow.where(span > 0, (x - low) / tensorflow.maximum(span, 1e-6), x)


def _equalize(x: Any, _: Any, __: Any) -> Any:
    """Each value becomes the share of pixels of its picture and channel that are darker, made to reach 1."""
    tensorflow = load_extra("tensorflow")
    pixels = x.shape[1] * x.shape[2]
    rows = tensorflow.reshape(tensorflow.transpose(x, [0, 3, 1, 2]), [-1, pixels])
    darker = tensorflow.searchsorted(tensorflow.sort(rows, axis=1), rows, side="left")
    shares = tensorflow.cast(darker, x.dtype)
    highest = tensorflow.reduce_max(shares, axis=1, keepdims=True)
    shares = tensorflow.where(highest > 0, shares / tensorflow.maximum(highest, 1), rows)
    planes = tensorflow.reshape(shares, [-1, x.shape[3], x.shape[1], x.shape[2]])
    return tensorflow.transpose(planes, [0, 2, 3, 1])


OPERATIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "autocontrast": _autocontrast,
    "equalize": _equalize,
    "posterize": _posterize,
    "rotate": _rotate,
    "solarize": _solarize,
    "shear_x": lambda x, strength, signed: _affine(x, b=signed),
    "shear_y": lambda x, strength, signed: _affine(x, d=signed),
    "translate_x": lambda x, strength, signed: _affine(x, c=signed * _SHIFT * x.shape[2]),
    "translate_y": lambda x, strength, signed: _affine(x, f=signed * _SHIFT * x.shape[1]),
}


def _enhanced(x: Any, plain: Any, signed: Any) -> Any:
    """Return x farther from plain, or nearer to it, by up to nine tenths; within 0 and 1."""
    factor = 1 + _ENHANCED * signed[:, None, None, None]
    return load_extra("tensorflow").clip_by_value(plain + (x - plain) * factor, 0.0, 1.0)


def _colour(x: Any, _: Any, signed: Any) -> Any:
    tensorflow = load_extra("tensorflow")
    if x.shape[3] != 3:
        return x
    return _enhanced(x, tensorflow.reduce_sum(x * tensorflow.constant(_GREY), axis=3, keepdims=True), signed)


def _contrast(x: Any, _: Any, signed: Any) -> Any:
    return _enhanced(x, load_extra("tensorflow").reduce_mean(x, axis=(1, 2, 3), keepdims=True), signed)


def _sharpness(x: Any, _: Any, signed: Any) -> Any:
    """Away from the smoothed picture or towards it; pixels of the edge repeat beyond it."""
    tensorflow = load_extra("tensorflow")
    kernel = tensorflow.constant(_SMOOTH)[:, :, None, None] / 13.0
    kernel = tensorflow.tile(kernel, [1, 1, x.shape[3], 1])
    around = tensorflow.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    smooth = tensorflow.nn.depthwise_conv2d(around, kernel, [1, 1, 1, 1], "VALID")
    return _enhanced(x, smooth, signed)


COLOURS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "colour": _colour,
    "contrast": _contrast,
    "brightness": lambda x, _, signed: _enhanced(x, 0.0, signed),
    "sharpness": _sharpness,
}
