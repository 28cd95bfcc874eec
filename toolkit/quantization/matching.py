# SPDX-License-Identifier: Apache-2.0
"""Which operator of an int8 .tflite computes which layer of the Keras model that it was made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.ir.graph import Graph
from toolkit.models.blocks import all_layers
from toolkit.quantization.grids import on_grid
from toolkit.quantization.narrowed import narrowable
from toolkit.quantization.points import find_points, kind_of


def layers_of(model: Any, graph: Graph) -> dict[int, str]:
    """Return the names of layers with a kernel, by the places of their operators.

    The integers tell, but for their signs, which a batch norm may change. The converter names tensors by
    what it fused.
    """
    kernels = _kernels(model)
    found = {}
    for place in narrowable(graph):
        weights = _magnitudes(graph.tensors[graph.operations[place].inputs[1]].data)
        for name, kernel in kernels.items():
            # In float32, the batch norm's factor may move what is halfway between two integers.
            if len(kernel) == len(weights) and np.abs(kernel - weights).max() <= 1:
                found[place] = name
                del kernels[name]
                break
    return found


def _kernels(model: Any) -> dict[str, NDArray[np.int16]]:
    """Return the magnitudes of kernels in the order of a .tflite, flat, by the layer."""
    weighted, found = set(find_points(model).weighted), {}
    for layer in all_layers(model):
        if layer.name in weighted:
            integers, _ = on_grid(np.asarray(layer.kernel), kind_of(layer))
            is_depthwise = kind_of(layer).startswith("Depthwise")
            found[layer.name] = _magnitudes(integers if is_depthwise else np.moveaxis(integers, -1, 0))
    return found


def _magnitudes(integers: Any) -> NDArray[np.int16]:
    return np.abs(np.asarray(integers).reshape(-1).astype(np.int16))
