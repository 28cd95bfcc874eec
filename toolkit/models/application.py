# SPDX-License-Identifier: Apache-2.0
"""Keras' applications without their heads: the network, its weights, and what it expects of pixels."""

from __future__ import annotations

import inspect
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.pixels import Array
from toolkit.suggest import did_you_mean

IMAGENET, NONE = "imagenet", "none"
PUBLISHED_ALPHAS: dict[str, tuple[float, ...]] = {
    "MobileNet": (0.25, 0.5, 0.75, 1.0),
    "MobileNetV2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
    "MobileNetV3Small": (0.75, 1.0),
    "MobileNetV3Large": (0.75, 1.0),
}
"""The widths of which there are weights of ImageNet. Source: keras.applications, the constructors' checks."""
_WHITE = 255.0
# EfficientNets were trained with (pixel - mean) / variance; Keras has that only where it fetches the weights
# itself, else (pixel - mean) / deviation. Source: keras.applications.efficientnet, IMAGENET_STDDEV_RGB.
_DEVIATIONS = np.array([0.229, 0.224, 0.225])
_SIZES = "Try: other options in the section [model.options], or a larger size in [data.options]"


def find_application(name: str) -> tuple[Callable[..., Any], Any]:
    """Return the constructor of an application and its module. Raises InputError with the nearest names."""
    applications = load_extra("keras.applications")
    names = [each for each in vars(applications) if each[0].isupper()]
    if name not in names:
        raise InputError(
            f"there is no Keras application {name!r}. {did_you_mean(name, names)}",
            hint="Try: one of these, or a file that ends with .keras, as base in the section [model]",
        )
    constructor = getattr(applications, name)
    return constructor, sys.modules[constructor.__module__]


def make_application(
    name: str, options: dict[str, Any], weights: str, root: Path, inputs: tuple[int, ...]
) -> Any:
    """Return the application for pictures of inputs (rows, columns, ...) in colour, without its head.

    options are arguments of its constructor; weights are imagenet, none, or a file below root. Raises
    InputError for an option that it does not have, a size it cannot take, weights that cannot be had.
    """
    constructor, _ = find_application(name)
    known = inspect.signature(constructor).parameters
    for option in options:
        if option not in known:
            raise InputError(
                f"{name} has no {option}.",
                hint=f"Try: without {option} in the section [model.options], or a MobileNet",
            )
    keywords = {**options, "include_top": False, "input_shape": (*inputs[:2], 3), "weights": None}
    if weights == IMAGENET:
        return _fetched(constructor, name, keywords)
    model = _made(constructor, name, keywords)
    if weights != NONE:
        _read_weights(model, name, root / weights)
    return model


def preprocessing(name: str) -> Callable[[Array], Any]:
    """Return what an application's pictures go through before it, as a function of pixels from 0 to 1."""
    _, module = find_application(name)
    return lambda pixels: module.preprocess_input(pixels * _WHITE)


def _made(constructor: Callable[..., Any], name: str, keywords: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some have weights for certain sizes only, and say which they take
        try:
            return constructor(**keywords)
        except (ValueError, TypeError) as error:
            raise InputError(f"{name}: {error}".rstrip(".") + ".", hint=_SIZES) from error


def _fetched(constructor: Callable[..., Any], name: str, keywords: dict[str, Any]) -> Any:
    """Return the application with the weights that Keras keeps on this computer, or downloads."""
    try:
        return _made(constructor, name, {**keywords, "weights": IMAGENET})
    except InputError:
        raise
    except Exception as error:  # Keras raises no narrower one when it cannot download
        file = f"{name}.weights.h5"
        call = ", ".join(f"{key}={value!r}" for key, value in keywords.items() if key != "weights")
        raise InputError(
            f"the weights of {name} are not on this computer and cannot be downloaded: {error}.",
            hint="Try: on a computer with a network\n"
            f"  python -c \"import keras; keras.applications.{name}({call}).save_weights('{file}')\"\n"
            f'and with {file} in the project\'s folder: weights = "{file}" in the section [model.options]',
        ) from error


def _read_weights(model: Any, name: str, path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.load_weights(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(
            f"{path} does not hold the weights of {name}: {reason}.",
            hint="Try: a file saved with the same options (alpha ...), include_top=False",
        ) from error
    for layer in model.layers:
        if type(layer).__name__ == "Normalization":
            _divide_by_variance(layer)


def _divide_by_variance(normalization: Any) -> None:
    mean, variance, *count = normalization.get_weights()
    if variance.size == 3 and np.allclose(variance, _DEVIATIONS**2, rtol=0.01):
        normalization.set_weights([mean, variance * _DEVIATIONS.astype(variance.dtype), *count])
        normalization.finalize_state()
