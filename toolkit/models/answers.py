# SPDX-License-Identifier: Apache-2.0
"""What the end of a user's model says: probabilities, logits, one sigmoid for two classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.family import Shape

OUTPUT = "answers"
# Between a layer with an activation and the output: they keep its probabilities, or its logits.
_KEEPING = ("Reshape", "Flatten", "Dropout", "GlobalAveragePooling", "AveragePooling", "Identity", "Permute")
_PROBABLE = {"classification": "softmax", "multilabel": "sigmoid"}
_LINEAR = ("linear", "")
_SAMPLES = 16
_CLOSE = 1e-3


def with_answers(model: Any, shape: Shape, where: str) -> tuple[Any, tuple[str, ...]]:
    """Return model, a flat graph, with the outputs that shape's task asks for, and notes on changes.

    Logits get the softmax, or the sigmoid of several labels, with which they are trained; one sigmoid, or its
    logit, for two classes becomes both probabilities. Raises InputError for ends that are neither.
    """
    wanted = _PROBABLE.get(shape.task)
    if wanted is None:
        return model, ()
    layer, activation = _last(model.outputs[0])
    if shape.task == "classification" and shape.outputs == 2 and tuple(model.output_shape[1:]) == (1,):
        return _both_classes(model, layer, activation, where), (
            f"{layer.name}, one unit for two classes, is followed by a softmax that gives both the same",
        )
    if shape.outputs > 2 and tuple(model.output_shape[1:]) == (1,):
        raise InputError(
            f"the model of {where} gives one number, from {layer.name}, for {shape.outputs} "
            f"{'classes' if shape.task == 'classification' else 'labels'}.",
            hint=f'Try: keras.layers.Dense({shape.outputs}, activation="{wanted}") as the last layer',
        )
    if tuple(model.output_shape[1:]) != shape.output_shape:
        return model, ()
    if activation == wanted:
        return model, _twice(layer, wanted)
    if activation in _LINEAR and not (activation == "" and _are_probabilities(model, wanted)):
        layers = load_extra("keras").layers
        outputs = layers.Activation(wanted, name=OUTPUT)(model.outputs[0])
        return _graph(model, outputs), (
            f"{layer.name} gives logits: it is trained, and deployed, with the {wanted} behind it",
        )
    if activation == "":
        return model, ()
    raise InputError(
        f"the model of {where} ends in {layer.name}, whose activation is {activation}: {shape.task} needs "
        f"{wanted}, or logits without an activation.",
        hint=f'Try: activation="{wanted}", or activation=shape.activation, in its last layer',
    )


def _twice(layer: Any, wanted: str) -> tuple[str, ...]:
    """Say it where a layer without weights takes probabilities for logits: softmax of a softmax."""
    if getattr(layer, "weights", ()) or isinstance(layer.input, list | tuple):
        return ()
    before, activation = _last(layer.input)
    if activation != wanted:
        return ()
    return (
        f"{layer.name} is a {wanted} of what {before.name} gives, which is a {wanted} already: it makes all "
        "answers alike, leave one of the two out",
    )


def _last(tensor: Any) -> tuple[Any, str]:
    """Return the layer that decides what a tensor is, and its activation: "" where that is unknown."""
    while True:
        layer = tensor._keras_history.operation
        name = type(layer).__name__
        if not name.startswith(_KEEPING) or isinstance(layer.input, list | tuple):
            break
        tensor = layer.input
    if name in ("Softmax", "ReLU", "LeakyReLU"):
        return layer, name.lower()
    activation = getattr(layer, "activation", None)
    if activation is not None and not hasattr(layer, "cell"):
        return layer, str(getattr(activation, "__name__", activation))
    return layer, {"BatchNormalization": "linear", "Rescaling": "linear"}.get(name, "")


def _are_probabilities(model: Any, wanted: str) -> bool:
    """Return whether what model gives for noise looks like what wanted gives."""
    samples = np.random.default_rng(0).normal(size=(_SAMPLES, *model.input_shape[1:])).astype(np.float32)
    outputs = np.asarray(model(samples, training=False)).reshape(_SAMPLES, -1)
    is_inside = bool((outputs >= 0).all() and (outputs <= 1 + _CLOSE).all())
    return is_inside and (wanted == "sigmoid" or np.allclose(outputs.sum(axis=1), 1, atol=_CLOSE))


def _both_classes(model: Any, layer: Any, activation: str, where: str) -> Any:
    """Return model with the probabilities of both classes: softmax of (-z/2, z/2) is that of the logit z.

    Sigmoid of z is the second of them. The layer behind it is never trained.
    """
    keras = load_extra("keras")
    if activation not in ("sigmoid", "linear") or layer is not model.outputs[0]._keras_history.operation:
        raise InputError(
            f"the model of {where} gives one number for two classes, from {layer.name}: its activation must "
            f"be sigmoid or none, not {activation or type(layer).__name__}.",
            hint='Try: keras.layers.Dense(1, activation="sigmoid") as the last layer, or Dense(2, activation='
            '"softmax")',
        )
    logit = model.outputs[0]
    if activation == "sigmoid":
        is_alone = type(layer).__name__ == "Activation"
        logit = layer.input if is_alone else _without_activation(model, layer)
    output = keras.layers.Dense(2, activation="softmax", name=OUTPUT)
    made = _graph(model, output(logit))
    output.set_weights([np.array([[-0.5, 0.5]], np.float32), np.zeros(2, np.float32)])
    output.trainable = False
    return made


def _without_activation(model: Any, layer: Any) -> Any:
    """Return the output of model's last layer as it is before its activation."""
    keras = load_extra("keras")
    layer.activation = keras.activations.linear
    return layer.output


def _graph(model: Any, outputs: Any) -> Any:
    return load_extra("keras").Model(model.inputs[0], outputs, name=model.name)
