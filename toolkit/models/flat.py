# SPDX-License-Identifier: Apache-2.0
"""A user's Keras model as one graph of Keras' own layers in float32, for samples of one shape.

A Sequential without an Input, a subclassed model, layers of one's own that only call others,
Input((None, 3)) and mixed_float16 all become such a graph, with the layers and weights that they had.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra

_CALL = "__call__"
_OWN = ("keras.", "keras_hub.")
_FUNCTIONAL = "Try: a functional model: inputs = keras.Input(shape.inputs), then keras.Model(inputs, outputs)"


def flat_model(model: Any, inputs: tuple[int, ...], where: str) -> tuple[Any, tuple[str, ...]]:
    """Return model as one graph for samples of the shape inputs, and notes on what that changed.

    where names the model in messages. Raises InputError for more than one input or output, for layers that
    cannot be kept in a .keras file, and for what is no graph of Keras' layers.
    """
    notes: list[str] = []
    model = _built(model, inputs, where)
    _require_one_end(model, where)
    if _is_opaque(model) or any(_is_opaque(layer) for layer in _all_layers(model)):
        model = _traced(model, inputs, where)
        notes.append("it is taken as one graph of the Keras layers that its own code calls")
    kinds = sorted({_half_float(layer) for layer in _all_layers(model)} - {""})
    if kinds or _has_free_shape(model, inputs):
        model = _cloned(model, inputs, where)
    if kinds:
        notes.append(f"its layers compute in float32, not in {', '.join(kinds)}")
    for layer in _all_layers(model):
        _settle_activation(layer, where)
        _require_kept(layer, where)
    return model, tuple(notes)


def is_graph(model: Any) -> bool:
    """Return whether a Keras model knows its inputs and outputs, as a functional one does."""
    return bool(getattr(model, "inputs", None)) and bool(getattr(model, "outputs", None))


def _built(model: Any, inputs: tuple[int, ...], where: str) -> Any:
    keras = load_extra("keras")
    if is_graph(model):
        return model
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras guesses how to build a subclassed model, and says so
            if isinstance(model, keras.Sequential):
                model.build((None, *inputs))
            else:
                model(keras.Input(inputs))
    except Exception as error:  # whatever the user's layers raise
        raise InputError(
            f"the model of {where} cannot be built for samples of {inputs}: {_first_line(error)}.",
            hint="Try: layers that take this shape; build(shape) is told it as shape.inputs",
        ) from error
    return model


def _require_one_end(model: Any, where: str) -> None:
    for what, tensors in (("inputs", model.inputs), ("outputs", model.outputs)) if is_graph(model) else ():
        if len(tensors) != 1:
            names = ", ".join(_name_of(tensor) for tensor in tensors)
            raise InputError(
                f"the model of {where} has {len(tensors)} {what} ({names}); the data have one.",
                hint="Try: one input, cut inside the model, such as x[:, :3] and x[:, 3:]"
                if what == "inputs"
                else "Try: one output; of a model with several, keras.Model(inputs, the one to deploy)",
            )


def _name_of(tensor: Any) -> str:
    history = getattr(tensor, "_keras_history", None)
    return str(history.operation.name if history else tensor.name)


def _all_layers(model: Any) -> list[Any]:
    """Return every layer that is called, those in other layers too; models themselves are none."""
    keras = load_extra("keras")
    return [
        layer
        for layer in model._flatten_layers(include_self=False, recursive=True)
        if not (isinstance(layer, keras.Model) and is_graph(layer) and not _is_opaque(layer))
    ]


def _is_opaque(layer: Any) -> bool:
    """Return whether only the user's code knows what a layer computes."""
    kind = type(layer)
    return not f"{kind.__module__}.".startswith(_OWN) or kind.__name__ == "Lambda"


def _traced(model: Any, inputs: tuple[int, ...], where: str) -> Any:
    """Return the graph of the layers that model's own code calls. Raises InputError if it does more."""
    keras = load_extra("keras")
    everything = [model, *model._flatten_layers(include_self=False, recursive=True)]
    opaque = [layer for layer in everything if _is_opaque(layer)]
    for layer in opaque:
        if layer._trainable_variables or layer._non_trainable_variables:
            raise InputError(
                f"the layer {layer.name} of {where} is a {type(layer).__name__} with weights of its own: "
                "its code would not be in model.keras.",
                hint="Try: Keras' layers for its weights, such as Dense or EinsumDense, called by it",
            )
    tensor = keras.Input(inputs, name="input")
    try:
        with _seen_through({type(layer) for layer in opaque}):
            outputs = model.call(tensor)
            _require_single(outputs, where)
            _settle_names(model)
            return keras.Model(tensor, outputs, name=model.name)
    except InputError:
        raise
    except Exception as error:  # TensorFlow and NumPy raise what they like for a symbolic tensor
        named = ", ".join(sorted({f"{layer.name} ({type(layer).__name__})" for layer in opaque}))
        raise InputError(
            f"the model of {where} computes more than Keras' layers do, in {named}: {_first_line(error)}.",
            hint=f"Try: keras.ops instead of functions of TensorFlow or NumPy\n{_FUNCTIONAL}",
        ) from error


def _require_single(outputs: Any, where: str) -> None:
    if isinstance(outputs, list | tuple | dict):
        names = ", ".join(outputs) if isinstance(outputs, dict) else ", ".join(map(_name_of, outputs))
        raise InputError(
            f"the model of {where} has {len(outputs)} outputs ({names}); the data have one.",
            hint="Try: one output, the one to deploy",
        )


@contextmanager
def _seen_through(kinds: set[type]) -> Iterator[None]:
    """While this lasts, layers of these classes leave no trace but that of the layers that they call."""

    def call(layer: Any, *arguments: Any, **keywords: Any) -> Any:
        return layer.call(*arguments, **keywords)

    kept = {kind: vars(kind).get(_CALL) for kind in kinds}
    for kind in kinds:
        setattr(kind, _CALL, call)
    try:
        yield
    finally:
        for kind, own in kept.items():
            if own is None:
                delattr(kind, _CALL)
            else:
                setattr(kind, _CALL, own)


def _settle_names(model: Any) -> None:
    """Blocks of one class may have given their layers equal names."""
    seen: set[str] = set()
    for layer in model._flatten_layers(include_self=False, recursive=True):
        name, number = layer.name, 1
        while layer.name in seen:
            number += 1
            layer.name = f"{name}_{number}"
        seen.add(layer.name)


def _half_float(layer: Any) -> str:
    """Return in which other float than float32 a layer computes, "" for none."""
    dtype = str(getattr(layer, "compute_dtype", "float32"))
    return dtype if "float" in dtype and dtype != "float32" else ""


def _has_free_shape(model: Any, inputs: tuple[int, ...]) -> bool:
    """Return whether the model is for samples of several shapes, or for batches of one size."""
    shape = tuple(model.inputs[0].shape)
    return shape[0] is not None or (None in shape[1:] and _fits(shape[1:], inputs))


def _fits(shape: tuple[int | None, ...], inputs: tuple[int, ...]) -> bool:
    pairs = zip(shape, inputs, strict=False)
    return len(shape) == len(inputs) and all(size in (None, wanted) for size, wanted in pairs)


def _cloned(model: Any, inputs: tuple[int, ...], where: str) -> Any:
    """Return model for samples of inputs, in float32."""
    keras = load_extra("keras")

    def anew(layer: Any) -> Any:
        config = layer.get_config()
        return type(layer).from_config(_in_float32(config))

    before = model.inputs[0]
    shape = inputs if _fits(tuple(before.shape[1:]), inputs) else tuple(before.shape[1:])
    dtype = before.dtype if "int" in before.dtype else "float32"
    try:
        tensor = keras.Input(shape, name=_name_of(before), dtype=dtype)
        clone = keras.models.clone_model(model, input_tensors=tensor, clone_function=anew, recursive=True)
        clone.set_weights(model.get_weights())
    except Exception as error:  # whatever layers raise for this shape
        raise InputError(
            f"the model of {where} cannot be built for samples of {inputs}: {_first_line(error)}.",
            hint=_FUNCTIONAL,
        ) from error
    return clone


def _in_float32(config: Any) -> Any:
    """Return a layer's config with every policy of another float, of inner layers too, as float32."""
    if isinstance(config, dict):
        if str(config.get("class_name", "")).endswith("DTypePolicy"):
            name = str(config.get("config", {}).get("name", ""))
            return "float32" if "float" in name else config
        return {
            key: "float32"
            if key == "dtype" and "float" in str(value) and isinstance(value, str)
            else _in_float32(value)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(_in_float32(each) for each in config)
    return config


def _settle_activation(layer: Any, where: str) -> None:
    """Let a layer have Keras' activation instead of TensorFlow's of the same name: it can be kept in a file.

    Raises InputError for one of the user's own.
    """
    keras, activation = load_extra("keras"), getattr(layer, "activation", None)
    module, name = getattr(activation, "__module__", None) or "", getattr(activation, "__name__", "")
    if not callable(activation) or module.startswith("keras."):
        return
    known = name.removesuffix("_v2")  # tf.nn.softmax
    if module.startswith("tensorflow.") and hasattr(keras.activations, known):
        layer.activation = keras.activations.get(known)
        return
    raise InputError(
        f"the activation {name or type(activation).__name__} of the layer {layer.name} of {where} is no "
        "function of Keras: its code would not be in model.keras.",
        hint='Try: an activation by its name, such as "relu", or keras.ops behind a layer without one',
    )


def _require_kept(layer: Any, where: str) -> None:
    """Raise InputError if a layer would not come back from a .keras file."""
    saving = load_extra("keras").saving
    try:
        saving.deserialize_keras_object(saving.serialize_keras_object(layer), safe_mode=True)
    except Exception as error:  # each class raises what it likes
        raise InputError(
            f"the layer {layer.name} ({type(layer).__name__}) of {where} cannot be kept in model.keras: "
            f"{_first_line(error)}.",
            hint="Try: activations, initializers and layers of Keras, by their names, or a layer of your own "
            "that calls keras.ops",
        ) from error


def _first_line(error: Exception) -> str:
    text = str(error).replace("\x1b[1m", "").replace("\x1b[0m", "")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered"):
        lines = lines[1:]
    return lines[0].split(". ")[0].strip().rstrip(".") if lines else type(error).__name__
