# SPDX-License-Identifier: Apache-2.0
"""More than a model can possibly take, from its layers alone: most models need no look beyond it."""

from __future__ import annotations

from math import prod
from typing import Any

from toolkit.board import Board
from toolkit.inspection.fit import BoardFit, Needs, fit_on

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
