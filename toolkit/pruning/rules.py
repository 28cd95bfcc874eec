# SPDX-License-Identifier: Apache-2.0
"""What each kind of Keras layer does to channels, and how its weights are cut when some of them go.

A channel is a place of the last axis. A kind that is not here is not followed: what it reads is kept whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Weights = list[NDArray[Any]]

ELEMENTWISE = frozenset(
    {
        *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish"),
        *("hard_silu", "hard_swish", "sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "exponential"),
        *("softplus", "softsign", "mish", "log_sigmoid", "tanh_shrink", "soft_shrink", "squareplus"),
    }
)
"""Activations that know one channel at a time; softmax knows all."""

SAME = frozenset(
    {
        *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Dropout", "GaussianNoise", "GaussianDropout"),
        *("AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "Rescaling"),
        *("ActivityRegularization", "BatchNormalization", "DepthwiseConv1D", "DepthwiseConv2D"),
        *(f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
        *(f"Global{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)),
        *(f"{kind}{rank}D" for kind in ("ZeroPadding", "Cropping", "UpSampling") for rank in (1, 2, 3)),
        *("Resizing", "RepeatVector"),
        # Functions of keras.ops.
        *("Relu", "Relu6", "Sigmoid", "HardSigmoid", "Silu", "HardSilu", "Tanh", "HardTanh", "LeakyRelu"),
        *("Elu", "Selu", "Celu", "Gelu", "Softplus", "Softsign", "LogSigmoid", "Abs", "Absolute", "Clip"),
        *("Negative", "Square", "Sqrt", "Exp", "Identity"),
    }
)
"""Each channel becomes one channel, or with a depth multiplier several."""

JOINING = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Divide", "TrueDivide"})
"""Channel by channel of several tensors: of all of them the same channels go."""

NEW = frozenset(
    {
        *("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "Dense"),
        *("SeparableConv1D", "SeparableConv2D", "SimpleRNN", "GRU", "LSTM"),
    }
)
"""Each output channel is computed from all channels of the input."""

GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}


@dataclass(frozen=True)
class Term:
    """factor times the number of channels of each of these: so many products or weights of a layer.

    over has the labels of channels (structure.py); with none of them the term is a constant.
    """

    factor: int
    over: tuple[Places, ...]


def is_followed(layer: Any) -> bool:
    """Return whether a layer of a kind named above has settings that are understood too."""
    if getattr(layer, "data_format", "channels_last") not in (None, "channels_last"):
        return False
    kind = type(layer).__name__
    if kind == "BatchNormalization":
        return bool(layer.axis in (-1, len(layer.input.shape) - 1))
    if kind == "Activation":
        return is_elementwise(layer)
    if kind == "Rescaling":
        return np.size(layer.scale) == np.size(layer.offset) == 1
    if kind in GATES:
        return is_elementwise(layer) and not layer.return_state and not layer.stateful
    return not kind.startswith("Conv") or groups_of(layer) in (1, *_depthwise_groups(layer))


def is_elementwise(layer: Any) -> bool:
    """Return whether a layer's activation, if it has one, knows one channel at a time."""
    activation = getattr(layer, "activation", None)
    return activation is None or getattr(activation, "__name__", "") in ELEMENTWISE


def groups_of(layer: Any) -> int:
    """Return the groups of a convolution; 1 of any other layer."""
    return int(getattr(layer, "groups", 1) or 1)


def is_depthwise(layer: Any) -> bool:
    """Return whether each output channel is computed from one input channel alone, by weights."""
    kind = type(layer).__name__
    return kind.startswith("DepthwiseConv") or (kind.startswith("Conv") and groups_of(layer) > 1)


def _depthwise_groups(layer: Any) -> tuple[int, ...]:
    channels = int(layer.input.shape[-1])
    return (channels,) if layer.filters % channels == 0 else ()


def cut_weights(layer: Any, weights: Weights, reads: Places, gives: Places) -> Weights:
    """Return a layer's weights for the input channels reads and the output channels gives alone."""
    kind = type(layer).__name__
    if kind in GATES:
        return _cut_recurrent(kind, weights, reads, gives)
    if kind.startswith("SeparableConv"):
        deep, point, *bias = weights
        multiplied = spread(reads, deep.shape[-1])
        return [deep[..., reads, :], point[..., multiplied, :][..., gives], *(b[gives] for b in bias)]
    if kind.startswith("DepthwiseConv"):
        kernel, *bias = weights
        return [kernel[..., reads, :], *(b[gives] for b in bias)]
    if kind.endswith("DTranspose"):
        kernel, *bias = weights
        return [kernel[..., gives, :][..., reads], *(b[gives] for b in bias)]
    if kind in NEW:
        kernel, *bias = weights
        kernel = kernel if groups_of(layer) > 1 else kernel[..., reads, :]
        return [kernel[..., gives], *(b[gives] for b in bias)]
    return [weight[..., gives] if np.ndim(weight) else weight for weight in weights]


def _cut_recurrent(kind: str, weights: Weights, reads: Places, gives: Places) -> Weights:
    kernel, recurrent, *bias = weights
    units = recurrent.shape[0]
    columns = np.concatenate([gives + gate * units for gate in range(GATES[kind])])
    return [kernel[reads][:, columns], recurrent[gives][:, columns], *(b[..., columns] for b in bias)]


def spread(places: Places, times: int) -> Places:
    """Return the places of channels in a tensor where each of them stands so many times."""
    return (places[:, np.newaxis] * times + np.arange(times)).reshape(-1)


def cut_config(layer: Any, config: dict[str, Any], reads: int, gives: int) -> dict[str, Any]:
    """Return a layer's settings for so many input and output channels."""
    kind = type(layer).__name__
    if kind == "Reshape":
        return {**config, "target_shape": (*layer.target_shape[:-1], gives)}
    if kind in NEW and is_depthwise(layer):
        return {**config, "filters": gives, "groups": reads}
    size: dict[str, Callable[[], str]] = {"filters": lambda: "filters", "units": lambda: "units"}
    name = next((name for name in size if name in config and kind in NEW), "")
    return {**config, name: gives} if name else config


def products(layer: Any, result: Sequence[int | None], reads: Places, gives: Places) -> list[Term]:
    """Return how many multiply-accumulates a call of a layer takes, result being its output's shape.

    As count_macs counts them in the .tflite file (toolkit/ops/shared/macs.py).
    """
    return [Term(term.factor * times, term.over) for term, times in _counted(layer, result, reads, gives)]


def kernel_sizes(layer: Any, reads: Places, gives: Places) -> list[Term]:
    """Return how many weights the kernels of a layer have."""
    return [term for term, _ in _counted(layer, (), reads, gives)]


def _counted(
    layer: Any, result: Sequence[int | None], reads: Places, gives: Places
) -> list[tuple[Term, int]]:
    """Return the terms of a layer's kernels, each with how often a weight of it is used."""
    kind = type(layer).__name__
    places = int(np.prod([size or 1 for size in result[1:-1]], dtype=np.int64)) if result else 1
    if kind in GATES:
        gates, steps = GATES[kind], int(layer.input.shape[1] or 1)
        return [(Term(gates, (reads, gives)), steps), (Term(gates, (gives, gives)), steps)]
    if kind.startswith("SeparableConv"):
        deep = int(layer.depth_multiplier)
        return [
            (Term(_area(layer.kernel_size) * deep, (reads,)), places),
            (Term(deep, (reads, gives)), places),
        ]
    if kind.endswith("DTranspose"):
        given = int(np.prod([size or 1 for size in layer.input.shape[1:-1]], dtype=np.int64))
        return [(Term(_area(layer.kernel_size), (reads, gives)), given)]
    if is_depthwise(layer):
        return [(Term(_area(layer.kernel_size), (gives,)), places)]
    if kind in NEW:
        return [(Term(_area(getattr(layer, "kernel_size", ())), (reads, gives)), places)]
    return []


def _area(kernel: Sequence[int]) -> int:
    return int(np.prod(kernel, dtype=np.int64))
