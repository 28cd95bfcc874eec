# SPDX-License-Identifier: Apache-2.0
"""The model in a file, asked about other files without the project that it came from.

A .keras file of ours has in it what it takes and gives, a .tflite in the quantization.json beside it.
Of any other model only so much is believed as the file itself shows.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from toolkit.compiler.compile import compile_model
from toolkit.compiler.files import read_model
from toolkit.data import Split, Takes, decode_taken
from toolkit.data.source import OnBroken
from toolkit.data.standard import Standard
from toolkit.errors import InputError, UsageError
from toolkit.ir.graph import Graph
from toolkit.predict.answer import Real, Where
from toolkit.predict.bare_input import BareInput, pixel_range
from toolkit.predict.outputs import (
    Computed,
    outputs_of_firmware,
    outputs_of_oracle,
    outputs_of_tflite,
    quantize_inputs,
    round_inputs,
)
from toolkit.reading import description_beside
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.ui import OnProgress
from toolkit.verify.any_model import try_samples
from toolkit.verify.on_device import Place, Samples

ENDINGS = (".tflite", ".keras")


class ModelFile(ABC):
    """A Predictor: takes is what the model is known to take, else its bare input says what it can.

    places are where this kind of file runs, the usual one first; instead is what runs in the others.
    """

    places: ClassVar[tuple[Where, ...]] = ("float",)
    instead: ClassVar[str]
    ends_in_softmax = False

    def __init__(
        self, path: Path, bare: BareInput, takes: Takes | None, threshold: float | None = None
    ) -> None:
        self.path, self.name, self.shape = path, str(path), bare.shape
        self._bare, self._takes, self._threshold = bare, takes, threshold

    @property
    def home(self) -> Where:
        """Where it usually runs."""
        return self.places[0]

    @property
    def takes(self) -> Takes | None:
        """What the model is known to take and give, if it is."""
        return self._takes

    @property
    def standard(self) -> Standard | None:
        """What is done to columns, if that is known."""
        return self._takes.standard if self._takes else None

    def decode(self, file: Path, on_broken: OnBroken | None = None) -> Real:
        """Return the samples in a file. Raises InputError where nobody said how they become the input."""
        if self._takes is None or not self._takes.options:  # its source reads no files of samples
            return self._bare.decode(file, on_broken)
        return decode_taken(replace(self._takes, standard=None), file, on_broken)

    def run(self, real: Real, on: Where, board: str) -> Computed:
        """Return the outputs, and who computed them. Raises UsageError for no place of this kind of file."""
        if on not in self.places:
            raise UsageError(f"{self.path} does not run with --on {on}.", hint=f"Try: {self.instead}")
        return self.compute(real, on, board)

    @abstractmethod
    def compute(self, real: Real, on: Where, board: str) -> Computed:
        """Return what run does, on one of places."""

    def as_seen(self, real: Real, on: Where) -> Real:
        """Return real as it is: float32 is not rounded."""
        return real

    def meaning(self, outputs: int) -> Takes:
        """Return what is known of the outputs; an anomaly detector without a threshold gives numbers."""
        if self._takes and (self._takes.task != "anomaly" or self._threshold is not None):
            return self._takes
        if self._takes is None and self.ends_in_softmax and outputs > 1:
            return Takes("", "classification", tuple(str(i) for i in range(outputs)))
        return Takes("", "regression")

    def threshold(self, on: Where) -> float | None:
        """Return the threshold of the model's errors, if that is known."""
        return self._threshold


class KerasFile(ModelFile):
    """A .keras file, loaded in safe mode."""

    instead = "the .tflite that tinyml quantize made of it"

    def __init__(self, path: Path) -> None:
        from toolkit.models.keras_file import load_model, read_metadata

        self._model = load_model(path)
        bare = BareInput(path, tuple(self._model.input_shape[1:]))
        super().__init__(path, bare, _takes(read_metadata(path)))
        activation = getattr(self._model.layers[-1], "activation", None)
        self.ends_in_softmax = getattr(activation, "__name__", "") == "softmax"

    def compute(self, real: Real, on: Where, board: str) -> Computed:
        """Return what Keras gives."""
        from toolkit.training.predict import predict

        outputs = predict(self._model, Split(real, np.zeros(len(real))))
        return outputs.reshape(len(real), -1), "Keras, float32"


class TfliteFile(ModelFile):
    """A .tflite file. variant is what quantization.json calls its kind."""

    variant: ClassVar[str]

    def __init__(self, path: Path, data: bytes, graph: Graph) -> None:
        tensor = graph.tensors[graph.inputs[0]]
        about = _beside(path, hashlib.sha256(data).hexdigest())
        detection = about.get(self.variant, {}).get("detection")
        threshold = float(detection["threshold"]) if detection else None
        bare = BareInput(path, tuple(tensor.shape[1:]), pixel_range(tensor))
        super().__init__(path, bare, _takes(about), threshold)
        self._data, self._graph = data, graph
        self.ends_in_softmax = "SOFTMAX" in [operation.kind for operation in graph.operations[-2:]]


class FloatTfliteFile(TfliteFile):
    """A .tflite file with a float32 input."""

    instead = "an int8 .tflite, as tinyml quantize makes it"
    variant = "float32"

    def compute(self, real: Real, on: Where, board: str) -> Computed:
        """Return what TFLite gives."""
        return outputs_of_tflite(self._data, real)


class IntegerTfliteFile(TfliteFile):
    """A .tflite file of integers; on_progress hears how far a firmware is."""

    places = ("int8", "board")
    instead = "model_float.tflite or model.keras instead"
    variant = "int8"

    def __init__(self, path: Path, data: bytes, graph: Graph, on_progress: OnProgress | None) -> None:
        super().__init__(path, data, graph)
        self._on_progress = on_progress

    def compute(self, real: Real, on: Where, board: str) -> Computed:
        """Return what the oracle gives, or firmware that is built for this only."""
        rows = quantize_inputs(real, self._graph)
        compiled = compile_model(self._data, self.path.stem)
        if on == "int8":
            return outputs_of_oracle(self._data, compiled, rows)
        trial = try_samples(
            compiled, self._data, Samples(rows), load_board(board), Place(), self._on_progress
        )
        return outputs_of_firmware(trial.checked, trial.compiled)

    def as_seen(self, real: Real, on: Where) -> Real:
        """Return real after the rounding to integers."""
        return round_inputs(real, self._graph)


def open_model(path: Path, on_progress: OnProgress | None = None) -> ModelFile:
    """Return the model in a .keras or .tflite file. Raises InputError if it cannot be read or asked so."""
    if path.suffix == ".keras":
        return KerasFile(path)
    data = read_model(path)
    graph = read_graph(data, path.stem)
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise InputError(
            f"{path} does not have just one input and one output.",
            hint="Try: tinyml run, with the bytes of all inputs",
        )
    if graph.tensors[graph.inputs[0]].dtype == "float32":
        return FloatTfliteFile(path, data, graph)
    return IntegerTfliteFile(path, data, graph, on_progress)


def _beside(path: Path, sha256: str) -> dict[str, Any]:
    """Return the quantization.json beside a .tflite if it is of the same bytes, else nothing."""
    try:
        about = description_beside(path)
        if sha256 in (about["int8"]["sha256"], about["float32"]["sha256"]):
            return dict(about)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _takes(about: dict[str, Any]) -> Takes | None:
    """Return what the "takes" of a model's description says, None if it says nothing that is understood."""
    takes = about.get("takes")
    try:
        return Takes.from_json(takes) if isinstance(takes, dict) else None
    except (KeyError, TypeError, ValueError):
        return None
