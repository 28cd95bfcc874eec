# SPDX-License-Identifier: Apache-2.0
"""Layers that several families are made of. Each is given the tensor and a name, and returns the tensor.

Every layer carries a name of its own, made from the given one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from toolkit.extras import load_extra

Activation = Literal["relu", "relu6", "hard_swish", "swish", "linear"]

MOMENTUM = 0.9
_KERAS_NAMES = {"swish": "silu", "hard_swish": "hard_silu"}


@dataclass(frozen=True)
class Convolution:
    """A convolution without bias, batch norm after it, and an activation.

    kernel and stride are of rows and columns alike unless two numbers are given.
    """

    filters: int
    kernel: int | tuple[int, int] = 3
    stride: int | tuple[int, int] = 1
    activation: Activation = "relu"
    padding: Literal["same", "valid"] = "same"
    dilation: tuple[int, int] = (1, 1)


def convolve(x: Any, what: Convolution, name: str) -> Any:
    """Return x (n, rows, columns, channels) after the convolution."""
    layers = load_extra("keras").layers
    x = layers.Conv2D(
        what.filters,
        what.kernel,
        strides=what.stride,
        padding=what.padding,
        dilation_rate=what.dilation,
        use_bias=False,
        name=name,
    )(x)
    return activate(normalize(x, name), what.activation, name)


def convolve_depthwise(
    x: Any, name: str, *, kernel: int = 3, stride: int = 1, activation: Activation = "relu"
) -> Any:
    """Return x after a convolution of each channel by itself, batch norm and an activation."""
    layers = load_extra("keras").layers
    x = layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False, name=name)(x)
    return activate(normalize(x, name), activation, name)


def normalize(x: Any, name: str) -> Any:
    """Return x after a batch norm, which the converter folds into the convolution before it."""
    return load_extra("keras").layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)


def activate(x: Any, activation: Activation, name: str) -> Any:
    """Return x after the activation; hard_swish becomes one operator, swish LOGISTIC and MUL."""
    layers = load_extra("keras").layers
    if activation == "linear":
        return x
    if activation in ("relu", "relu6"):
        return layers.ReLU(6.0 if activation == "relu6" else None, name=f"{name}_relu")(x)
    return layers.Activation(_KERAS_NAMES[activation], name=f"{name}_{activation}")(x)


def squeeze_excite(x: Any, units: int, name: str, gate: Literal["hard_sigmoid", "sigmoid"]) -> Any:
    """Return x with each channel weighted by a gate that two small layers make of all channels' means."""
    layers = load_extra("keras").layers
    channels = int(x.shape[-1])
    mean = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_mean")(x)
    mean = layers.Conv2D(units, 1, activation="relu", name=f"{name}_squeeze")(mean)
    weights = layers.Conv2D(channels, 1, name=f"{name}_excite")(mean)
    weights = layers.Activation(gate, name=f"{name}_gate")(weights)
    return layers.Multiply(name=f"{name}_scale")([x, weights])


def halve(x: Any, name: str) -> Any:
    """Return x pooled 2 x 2 to the largest; what is one pixel high or wide stays as it is."""
    return load_extra("keras").layers.MaxPooling2D(2, name=name)(x) if min(x.shape[1:3]) > 1 else x


def average(x: Any, name: str = "average") -> Any:
    """Return the mean of each channel of a picture, (n, channels)."""
    return load_extra("keras").layers.GlobalAveragePooling2D(name=name)(x)


def drop(x: Any, rate: float, name: str = "dropout") -> Any:
    """Return x, with a share of it dropped while training."""
    return load_extra("keras").layers.Dropout(rate, name=name)(x) if rate else x


def add(x: Any, shortcut: Any, name: str) -> Any:
    """Return the sum of two tensors of one shape."""
    return load_extra("keras").layers.Add(name=f"{name}_add")([shortcut, x])


def inverted_residual(
    x: Any, what: Convolution, name: str, *, expanded: int, excite: int = 0, gate: Any = "sigmoid"
) -> Any:
    """Return x after MobileNetV2's block: expanded by 1 x 1, filtered by channel, and made narrow again.

    what.filters are the narrow channels; excite the units of a squeeze-and-excite after the depthwise
    convolution, 0 for none. The input is added where its shape is the output's.
    """
    source, act = x, what.activation
    assert isinstance(what.kernel, int) and isinstance(what.stride, int)
    if expanded != x.shape[-1]:
        x = convolve(x, Convolution(expanded, 1, activation=act), f"{name}_expand")
    x = convolve_depthwise(x, f"{name}_depthwise", kernel=what.kernel, stride=what.stride, activation=act)
    if excite:
        x = squeeze_excite(x, excite, f"{name}_excite", gate)
    x = convolve(x, Convolution(what.filters, 1, activation="linear"), f"{name}_project")
    return add(x, source, name) if source.shape == x.shape else x


def at_resolution(x: Any, resolution: float) -> Any:
    """Return a picture with its height and width times resolution, as the first layers of a model.

    Whole factors are averaged, the rest is interpolated.
    """
    if resolution == 1:
        return x
    layers = load_extra("keras").layers
    rows, columns = (max(1, round(side * resolution)) for side in x.shape[1:3])
    factor = min(x.shape[1] // rows, x.shape[2] // columns)
    if factor > 1:
        x = layers.AveragePooling2D(factor, name="lower_average")(x)
    if tuple(x.shape[1:3]) != (rows, columns):
        x = layers.Resizing(rows, columns, name="lower_resize")(x)
    return x


def as_row(x: Any) -> Any:
    """Return (n, times, channels) as a picture one row high, (n, 1, times, channels)."""
    return load_extra("keras").layers.Reshape((1, *x.shape[1:]), name="row")(x)


def halve_row(x: Any, name: str) -> Any:
    """Return x, one row high, with every two columns pooled to the larger, if it has two."""
    return load_extra("keras").layers.MaxPooling2D((1, 2), name=name)(x) if x.shape[2] > 1 else x


def settle(model: Any, samples: Any) -> None:
    """Give the batch norms of an untrained model the statistics that samples (n, ...) have in it.

    Without them the values of a deep untrained network vanish from layer to layer, and it could not
    be quantized. Of a trained model this would be damage.
    """
    norms = [layer for layer in all_layers(model) if hasattr(layer, "moving_variance")]
    kept = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(samples, training=True)
    for layer, momentum in zip(norms, kept, strict=True):
        layer.momentum = momentum


def untrained_copy(model: Any) -> Any:
    """Return a model of the same layers with first weights of its own; model is not changed."""
    return type(model).from_config(model.get_config())  # clone_model asks for the optimizer's classes too


def all_layers(model: Any) -> list[Any]:
    """Return every layer of a model, those in other layers too."""
    return list(model._flatten_layers(include_self=False, recursive=True))
