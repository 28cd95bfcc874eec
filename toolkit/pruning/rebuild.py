# SPDX-License-Identifier: Apache-2.0
"""A Keras model once more, without the channels that go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.extras import load_extra
from toolkit.pruning.rules import Weights, cut_config, cut_weights
from toolkit.pruning.structure import Kept, Structure, trace

Folded = Mapping[str, NDArray[np.float64]]
"""What is added to the bias of a layer, by its name: (output channels before,)."""


def pruned(model: Any, kept_channels: Mapping[str, Sequence[int]]) -> Any:
    """Return a new model in which layers have the named output channels alone, with the weights of model.

    Layers keep their names. Channels that are coupled to these (a sum's other side) follow; a layer that is
    not named keeps its own. Raises InputError as Structure.kept_of() and trace() do.
    """
    structure = trace(model)
    return rebuild(structure, structure.kept_of(kept_channels))


def rebuild(structure: Structure, kept: Kept, folded: Folded | None = None) -> Any:
    """Return the model of structure with the labels that are kept; folded goes into biases."""
    keras, model = load_extra("keras"), structure.model
    structure.require_some_left(kept)
    made: dict[int, Any] = {}

    def copy(operation: Any) -> Any:
        if not hasattr(operation, "weights"):
            return operation
        if id(operation) not in made:
            made[id(operation)] = _copied(structure, operation, kept, folded or {})
        return made[id(operation)]

    graph = getattr(model, "_functional", None) or model
    (source,) = graph.inputs
    inputs = keras.Input(source.shape[1:], dtype=source.dtype, name=source._keras_history.operation.name)
    outputs = graph._run_through_graph([inputs], operation_fn=copy)
    result = keras.Model(inputs, outputs, name=model.name)
    for layer in graph.layers:
        if id(layer) in made:
            _settle(structure, layer, made[id(layer)], kept, folded or {})
    return result


def _copied(structure: Structure, layer: Any, kept: Kept, folded: Folded) -> Any:
    config, part = layer.get_config(), structure.parts.get(layer.name)
    if part is not None:
        config = cut_config(layer, config, int(kept[part.reads].sum()), int(kept[part.gives].sum()))
    if layer.name in folded:
        config["use_bias"] = True
    new = type(layer).from_config(config)
    new.trainable = layer.trainable
    return new


def _settle(structure: Structure, layer: Any, new: Any, kept: Kept, folded: Folded) -> None:
    weights, part = layer.get_weights(), structure.parts.get(layer.name)
    if layer.name in folded:
        weights = _with_bias(weights, folded[layer.name])
    if part is not None and weights:
        reads, gives = (np.flatnonzero(kept[labels]) for labels in (part.reads, part.gives))
        weights = cut_weights(layer, weights, reads, gives)
    new.set_weights(weights)
    if hasattr(new, "finalize_state"):
        new.finalize_state()


def _with_bias(weights: Weights, added: NDArray[np.float64]) -> Weights:
    kernel, *bias = weights
    return [kernel, (bias[0] if bias else 0) + added]
