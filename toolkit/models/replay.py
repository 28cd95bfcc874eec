# SPDX-License-Identifier: Apache-2.0
"""A Keras model's layers once more, on another input: flat, with the same weights, cut where wanted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.pixels import PREPARE
from toolkit.suggest import did_you_mean

HEAD = "head_"
# With these a network turns from features into answers.
_HEADS = ("GlobalAveragePooling", "GlobalMaxPooling", "Flatten")
# Pixel by pixel, and the same for each: prepare_pixels does their work.
_PIXELWISE = ("Rescaling", "Normalization")


class Replay:
    """Makes layers anew from others' settings; settle_weights copies the weights when all are made."""

    def __init__(self, left_out: tuple[Any, ...] = ()) -> None:
        self._left_out = {id(layer) for layer in left_out}
        self._made: dict[int, Any] = {}
        self._pairs: list[tuple[Any, Any]] = []
        self._names: set[str] = set()

    def run(self, model: Any, x: Any, outer: str = "") -> Any:
        """Return what model gives for the tensor x, by new layers; models inside it become their layers."""
        graph = getattr(model, "_functional", None) or model
        return graph._run_through_graph([x], operation_fn=lambda layer: self._copy(layer, outer))

    def settle_weights(self) -> None:
        """Give the new layers the weights of the old. Raises ValueError if one has another shape."""
        for old, new in self._pairs:
            new.set_weights(old.get_weights())
            if hasattr(new, "finalize_state"):
                new.finalize_state()

    def _copy(self, layer: Any, outer: str) -> Any:
        keras = load_extra("keras")
        if id(layer) in self._left_out:
            return lambda x, **_: x
        if isinstance(layer, keras.Model):
            return lambda x, **_: self.run(layer, x, f"{outer}{layer.name}_")
        if id(layer) not in self._made:
            new = type(layer).from_config({**layer.get_config(), "name": self._name(layer.name, outer)})
            self._made[id(layer)] = new
            if isinstance(layer, keras.layers.Layer):
                new.trainable = not is_preparing(new)
                self._pairs.append((layer, new))
        return self._made[id(layer)]

    def _name(self, name: str, outer: str) -> str:
        """Return name, longer where another layer has it or a model's ends do."""
        while name in self._names or is_head(name) or name in ("input", PREPARE):
            name = f"{outer or 'base_'}{name}"
        self._names.add(name)
        return name


def is_head(name: str) -> bool:
    """Return whether a layer of this name stands behind the base."""
    return name.startswith(HEAD) or name in ("output", "output_shape")


def is_preparing(layer: Any) -> bool:
    """Return whether a layer is prepare_pixels', of this model or of one that was its base."""
    return str(layer.name).endswith(PREPARE)


def flatten_model(model: Any) -> Any:
    """Return model with the layers of models in it instead of these. Raises InputError if it cannot be."""
    keras = load_extra("keras")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise InputError(
            f"the base {model.name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs.",
            hint="Try: a model with one of each",
        )
    if not any(isinstance(layer, keras.Model) for layer in model.layers):
        return getattr(model, "_functional", None) or model
    replay, inputs = Replay(), keras.Input(model.input_shape[1:], name="input")
    flat = keras.Model(inputs, replay.run(model, inputs), name="base")
    replay.settle_weights()
    return flat


def pixelwise_layers(model: Any) -> tuple[Any, ...]:
    """Return the first layers of a flat model, as far as they only scale and shift each channel."""
    found: list[Any] = []
    tensor = model.input
    while True:
        readers = [operation for operation in model.operations if _reads(operation, tensor)]
        if len(readers) != 1 or not type(readers[0]).__name__.startswith(_PIXELWISE):
            return tuple(found)
        found.append(readers[0])
        tensor = readers[0].output


def features_of(model: Any, cut: str, *, is_headless: bool) -> Any:
    """Return the tensor of a flat model that cut names: the output of the last layer to keep.

    cut is a layer's name, or the start of the names of a block of layers, of which it is the last.
    Without it: all of a headless model; else, of the layers with one input each that lead to the output,
    what stands before the first global pooling or flattening, or, where no weights would be left there,
    before the last dense layer.
    """
    if cut:
        return find_layer(model, cut, "cut", last=True).output
    return model.output if is_headless else _before_head(model)


def find_layer(model: Any, name: str, key: str, *, last: bool) -> Any:
    """Return the layer called name, or the last or first of the block whose names start with it.

    Raises InputError with the nearest names, or with the layers after which pictures get smaller.
    """
    layers = [layer for layer in model.layers if not _is_input(layer)]
    found = [each for each in layers if each.name == name or each.name.startswith(f"{name}_")]
    if found:
        return found[-1 if last else 0]
    near = did_you_mean(name, [layer.name for layer in layers])
    if near.startswith("Known"):
        near = f"Some of its layers: {', '.join(_ends_of_sizes(layers))}."
    raise InputError(
        f"the base has no layer {name!r}, nor a block of that name. {near}",
        hint=f"Try: one of its layers as {key}",
    )


def _before_head(model: Any) -> Any:
    chain = list(_chain(model))
    heads = [layer for layer in chain if type(layer).__name__.startswith(_HEADS)]
    if heads and load_extra("keras").Model(model.input, heads[-1].input).count_params():
        return heads[-1].input
    dense = [layer for layer in chain if type(layer).__name__ == "Dense"]
    return dense[0].input if dense else model.output


def _chain(model: Any) -> Iterator[Any]:
    """Give the layers from the output towards the input, as long as each has one input."""
    tensor = model.output
    while True:
        layer = tensor._keras_history.operation
        if _is_input(layer):
            return
        yield layer
        tensor = layer.input
        if isinstance(tensor, list | tuple):
            return


def inputs_of(layer: Any) -> list[Any]:
    """Return the tensors that a layer of a flat model reads."""
    if _is_input(layer):
        return []
    return list(layer.input) if isinstance(layer.input, list | tuple) else [layer.input]


def _reads(layer: Any, tensor: Any) -> bool:
    return any(each is tensor for each in inputs_of(layer))


def _ends_of_sizes(layers: list[Any]) -> list[str]:
    """Return the last layer of each height and width."""
    ends = {tuple(layer.output.shape[1:-1]): layer.name for layer in layers}
    return list(ends.values())


def _is_input(layer: Any) -> bool:
    return type(layer).__name__ == "InputLayer"
