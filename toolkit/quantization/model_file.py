# SPDX-License-Identifier: Apache-2.0
"""A trained model in a file or folder of any of TensorFlow's formats: .keras, .h5, SavedModel."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models.flat import flat_model
from toolkit.models.keras_file import MOST_KERAS_BYTES, load_model
from toolkit.reading import parse_json, require_file

_H5 = (".h5", ".hdf5")
_SAVED = "saved_model.pb"
_FOREIGN = {
    ".onnx": "Try: onnx2tf in an environment of its own, which makes a SavedModel; this command takes it",
    ".pt": "Try: the model rebuilt in Keras with these weights, or by way of ONNX: docs/models.md",
    ".tflite": "Try: the model that it was made from; a .tflite is quantized while it is converted",
}
_FOREIGN[".pth"] = _FOREIGN[".pt"]


def open_any(path: Path, inputs: tuple[int, ...]) -> tuple[Any, tuple[str, ...]]:
    """Return the model at path for samples of the shape inputs, and notes on what was changed in it.

    It is called as a Keras model is, and has its name and input_shape. Raises InputError for what is none of
    these formats, damaged, or a model with more than one input or output.
    """
    if (path / _SAVED).is_file():
        return _saved_model(path, inputs), ()
    if path.suffix in _FOREIGN:
        raise InputError(f"{path} is none of Keras' formats.", hint=_FOREIGN[path.suffix])
    model = _h5_model(path) if path.suffix in _H5 else load_model(path)
    return flat_model(model, inputs, str(path))


def _h5_model(path: Path) -> Any:
    """Return the model in a file of the old format, unless it has code in it."""
    h5py, keras = load_extra("h5py"), load_extra("keras")
    if not os.path.lexists(path):
        raise InputError(f"there is no model {path}.")
    require_file(path, MOST_KERAS_BYTES)
    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
        if config is None:
            raise InputError(
                f"{path} has weights without a model.",
                hint="Try: model.save('model.keras') of the whole model",
            )
        if "Lambda" in _class_names(parse_json(config)):
            raise InputError(
                f"{path} has a Lambda layer, which is code: it is not run.",
                hint="Try: model.save('model.keras') without Lambda layers",
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return keras.saving.load_model(path, compile=False, safe_mode=True)
    except InputError:
        raise
    except Exception as error:  # Keras and HDF5 raise what they like for a damaged file
        raise InputError(f"{path} is not a Keras model, or damaged: {error}.") from error


def _class_names(config: Any) -> set[str]:
    if isinstance(config, dict):
        inner = set().union(*map(_class_names, config.values())) if config else set()
        return inner | {str(config.get("class_name"))}
    return set().union(*map(_class_names, config)) if isinstance(config, list) else set()


def _saved_model(path: Path, inputs: tuple[int, ...]) -> Any:
    """Return a SavedModel's function of one sample. It is a graph: no Python of the file's runs."""
    tensorflow = load_extra("tensorflow")
    try:
        loaded = tensorflow.saved_model.load(str(path))
        function = loaded.signatures["serving_default"]
    except Exception as error:  # TensorFlow raises what it likes
        raise InputError(
            f"{path} is no SavedModel with a signature serving_default: {error}.",
            hint="Try: model.export(folder) of Keras",
        ) from error
    takes, gives = function.structured_input_signature[1], function.structured_outputs
    for what, ends in (("inputs", takes), ("outputs", gives)):
        if len(ends) != 1:
            raise InputError(f"{path} has {len(ends)} {what} ({', '.join(sorted(ends))}); one is needed.")
    name, spec = next(iter(takes.items()))
    shape = tuple(spec.shape[1:])
    if len(shape) != len(inputs) or any(s not in (None, i) for s, i in zip(shape, inputs, strict=True)):
        raise InputError(f"{path} takes samples of {shape}; those of the data are {inputs}.")
    output = next(iter(gives))

    class Saved(tensorflow.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__(name="saved_model")
            self.loaded = loaded
            self.input_shape = (None, *inputs)
            self.weights = list(getattr(loaded, "variables", ()))

        def __call__(self, x: Any, training: bool = False) -> Any:
            return function(**{name: tensorflow.cast(x, spec.dtype)})[output]

        def _flatten_layers(self, **_: Any) -> list[Any]:
            return []

    return Saved()
