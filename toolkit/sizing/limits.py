# SPDX-License-Identifier: Apache-2.0
"""What a model takes at most, and at least, from its layers alone: most models need no look beyond it."""

from __future__ import annotations

from math import prod
from typing import Any

from toolkit.inspection.board_fit import BoardFit, Needs, fit_on
from toolkit.models.cuts import kernel_weights
from toolkit.targets.board import Board

# Each becomes three tensors at most (hard_sigmoid: ADD, MUL and a limit), none larger than its output.
_KNOWN = {
    *("InputLayer", "Conv2D", "DepthwiseConv2D", "Dense", "BatchNormalization", "ReLU", "Activation"),
    *("Add", "Multiply", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "Flatten"),
    *("Reshape", "Dropout", "ZeroPadding2D", "Resizing"),
}
_TENSORS = 3
_ALIGNMENT = 16
_BYTES_A_PARAMETER = 16
_BYTES_A_LAYER = 256
_KERNELS = 40


def most_on(board: Board, model: Any, bytes_a_value: int = 1) -> BoardFit | None:
    """Return a bound of what a Keras model can take of board; None for layers that it does not know.

    RAM: all its tensors at once, and as much working memory as there are parameters.
    Flash: a parameter as weight, bias and the two numbers that rescale its channel.
    """
    layers = model.layers
    if any(type(layer).__name__ not in _KNOWN for layer in layers):
        return None
    sizes = [bytes_a_value * prod(layer.output.shape[1:]) + _ALIGNMENT for layer in layers]
    parameters = int(model.count_params())
    needs = Needs(
        arena_bytes=_TENSORS * sum(sizes) + bytes_a_value * parameters,
        weights_bytes=_BYTES_A_PARAMETER * parameters,
        table_bytes=_TENSORS * _BYTES_A_LAYER * len(layers),
        input_bytes=bytes_a_value * prod(model.input_shape[1:]),
        kernels=_KERNELS,
        layers=_TENSORS * len(layers),
    )
    return fit_on(board, needs)


def least_on(board: Board, model: Any) -> BoardFit:
    """Return less than a Keras model can take of board: its kernels, a byte a weight, and no arena."""
    inputs, weights = prod(model.input_shape[1:]), kernel_weights(model)
    needs = Needs(
        arena_bytes=0, weights_bytes=weights, table_bytes=0, input_bytes=inputs, kernels=1, layers=1
    )
    return fit_on(board, needs)
