# SPDX-License-Identifier: Apache-2.0
"""Which tensors of a Keras model become int8 tensors with a range of their own.

The converter computes a convolution, its batch norm and its ReLU as one operator: only what the last of
them gives is ever rounded. Pooling and reshaping keep the scale of what they read, softmax and its like have
a fixed one, and all that a concatenation joins has the scale of its output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolkit.models.blocks import all_layers
from toolkit.quantization.rewrites import REWRITTEN, REWRITTEN_LAYERS

INPUT = "(input)"
BEFORE = ":before"
"""Behind a layer's name: the tensor before the layer's own activation."""

WEIGHTED = ("Dense", "Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D")
NORM = "BatchNormalization"
_JOIN = "Concatenate"
_ADDING = ("Add", "Subtract", "Multiply")
_OWN = (
    *WEIGHTED,
    *_ADDING,
    NORM,
    _JOIN,
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "ReLU",
    "LeakyReLU",
)
PASSING = (
    *("Flatten", "Reshape", "Permute", "ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D"),
    *("MaxPooling1D", "MaxPooling2D", "AveragePooling1D", "AveragePooling2D", "UpSampling1D", "UpSampling2D"),
    *("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "Identity"),
)
_FUSED = ("linear", "relu", "relu6")
_FIXED = ("softmax", "sigmoid", "tanh", "log_softmax")


@dataclass(frozen=True)
class Points:
    """Names of layers: outputs are rounded behind these, before in front of these layers' own activations.

    first are the layers that read the model's input, () if not all of them take it alone. weighted have a
    kernel of int8, with a scale for each output channel.
    """

    outputs: tuple[str, ...]
    before: tuple[str, ...]
    first: tuple[str, ...]
    weighted: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tensors that have a range."""
        inputs = (INPUT,) if self.first else ()
        return (*inputs, *self.outputs, *(name + BEFORE for name in self.before))


def find_points(model: Any) -> Points:
    """Return the points of a Keras model; what is not known here is left to the converter's calibration.

    Layers that are called more than once, and those whose name another layer has too, are left out.
    """
    names = [layer.name for layer in all_layers(model)]
    outputs, before, weighted = [], [], []
    for graph in graphs_of(model):
        readers = readers_of(graph)
        for layer in graph.layers:
            if names.count(layer.name) > 1 or calls_of(graph, layer) != 1:
                continue
            if _is_weighted(layer):
                weighted.append(layer.name)
                if activation_of(layer) not in (*_FUSED, *REWRITTEN):
                    before.append(layer.name)
            if _is_rounded(layer, readers):
                outputs.append(layer.name)
    return Points(tuple(outputs), tuple(before), _first(model), tuple(weighted))


def kind_of(layer: Any) -> str:
    """Return the name of a layer's class."""
    return type(layer).__name__


def _is_weighted(layer: Any) -> bool:
    return kind_of(layer) in WEIGHTED and getattr(layer, "data_format", "channels_last") == "channels_last"


def graphs_of(model: Any) -> Iterator[Any]:
    """Give the graph of a model, and those of models inside it."""
    for each in (model, *all_layers(model)):
        graph = getattr(each, "_functional", None) or each
        if hasattr(graph, "_nodes_by_depth"):
            yield graph


def _nodes(graph: Any) -> list[Any]:
    return [node for nodes in graph._nodes_by_depth.values() for node in nodes]


def calls_of(graph: Any, layer: Any) -> int:
    """Return how often layer is called in a graph."""
    return sum(node.operation is layer for node in _nodes(graph))


def readers_of(graph: Any) -> dict[int, list[Any]]:
    """Return which operations read each one's output, by its id; the end of the graph is None."""
    found: dict[int, list[Any]] = {}
    for node in _nodes(graph):
        for tensor in node.arguments.keras_tensors:
            found.setdefault(id(tensor._keras_history.operation), []).append(node.operation)
    for tensor in graph.outputs:
        found.setdefault(id(tensor._keras_history.operation), []).append(None)
    return found


def norms_behind(model: Any) -> dict[str, Any]:
    """Return the batch norms that alone read what a layer without activation gives, by the layer's name."""
    found = {}
    for graph in graphs_of(model):
        readers = readers_of(graph)
        for layer in graph.layers:
            direct = readers.get(id(layer), [])
            is_alone = len(direct) == 1 and direct[0] is not None and kind_of(direct[0]) == NORM
            if is_alone and activation_of(layer) == "linear":
                found[layer.name] = direct[0]
    return found


def _is_rounded(layer: Any, readers: dict[int, list[Any]]) -> bool:
    """Return whether what layer gives becomes a tensor whose range is its own."""
    kind, direct = kind_of(layer), readers.get(id(layer), [])
    activation = activation_of(layer)
    if kind not in _OWN and kind != "Activation":
        return False
    if activation in (*_FIXED, *REWRITTEN) or (kind == "Activation" and activation == "linear"):
        return False
    if len(direct) == 1 and direct[0] is not None and activation == "linear":
        if kind in WEIGHTED and kind_of(direct[0]) == NORM:
            return False
        if kind in (*WEIGHTED, *_ADDING, NORM) and is_fused(direct[0]):
            return False
    ends = _beyond(layer, readers)
    return not (ends and all(end is not None and kind_of(end) == _JOIN for end in ends))


def _beyond(layer: Any, readers: dict[int, list[Any]]) -> list[Any]:
    """Return what reads layer's values at last, behind all that keeps their scale."""
    found = []
    for reader in readers.get(id(layer), []):
        passes = reader is not None and kind_of(reader) in PASSING
        found += _beyond(reader, readers) if passes else [reader]
    return found


def activation_of(layer: Any) -> str:
    """Return the name of a layer's activation; "linear" of one that has none."""
    activation = getattr(layer, "activation", None)
    if kind_of(layer) == "ReLU":
        return "relu"
    return "linear" if activation is None else str(getattr(activation, "__name__", "?"))


def is_fused(layer: Any) -> bool:
    """Return whether the converter computes this activation within the operator in front of it."""
    if kind_of(layer) == "ReLU":
        plain = not layer.negative_slope and not layer.threshold
        return plain and layer.max_value in (None, 6)
    return kind_of(layer) == "Activation" and activation_of(layer) in ("relu", "relu6")


def _first(model: Any) -> tuple[str, ...]:
    graph = getattr(model, "_functional", None) or model
    if not hasattr(graph, "_nodes_by_depth"):
        return ()
    source = graph.inputs[0]._keras_history.operation
    found = readers_of(graph).get(id(source), [])
    alone = all(
        each is not None
        and hasattr(each, "weights")
        and not hasattr(each, "_nodes_by_depth")
        and kind_of(each) not in (*_ADDING, _JOIN, *REWRITTEN_LAYERS)
        and calls_of(graph, each) == 1
        for each in found
    )
    return tuple(each.name for each in found) if alone else ()
