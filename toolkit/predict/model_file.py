# SPDX-License-Identifier: Apache-2.0
"""What a model file says of other files, without the project that it came from.

A .keras file of ours has in it what it takes and gives, a .tflite in the quantization.json beside it.
Of any other model only so much is believed as the file itself shows.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler.compile import compile_model
from toolkit.compiler.files import read_model
from toolkit.data import Takes
from toolkit.data.picture import ENDINGS as PICTURES
from toolkit.data.table import read_table
from toolkit.errors import InputError, UsageError
from toolkit.ir.graph import Graph, Tensor
from toolkit.ir.real_numbers import as_model_sees, dequantize_outputs, quantize_in_chunks, sample_rows
from toolkit.predict.answer import Answer, Prediction, Real, Where, label_outputs, names_of
from toolkit.reference.oracle import expected_outputs
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.ui import OnProgress
from toolkit.verify.any_model import try_samples
from toolkit.verify.on_device import Place
from toolkit.verify.on_device import Samples as CheckSamples
from toolkit.verify.verdict import require_all

ENDINGS = (".tflite", ".keras")
_TABLES = (".csv", ".tsv", ".txt")
_NEAR = 0.05


class LooseModel(ABC):
    """A model of a file: shape is that of one sample; takes is what it is known to take, or None.

    pixels is the least and the greatest number that a pixel becomes, where the model shows it; home is
    where it runs.
    """

    shape: tuple[int, ...]
    takes: Takes | None = None
    pixels: tuple[float, float] | None = None
    threshold: float | None = None
    ends_in_softmax = False
    home: Where = "float"

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def run(self, real: Real, on: Where | None, board: str, on_progress: OnProgress) -> tuple[Real, str]:
        """Return the real outputs (n, outputs) for real (n, *shape), and who computed them."""

    def as_seen(self, real: Real) -> Real:
        """Return real as the model sees it, after its own rounding."""
        return real

    def refuse(self, on: Where, instead: str) -> UsageError:
        """Return the error for a place where this kind of model does not run."""
        return UsageError(f"{self.path} does not run with --on {on}.", hint=f"Try: {instead}")


class KerasModel(LooseModel):
    """A .keras file, loaded in safe mode."""

    def __init__(self, path: Path) -> None:
        from toolkit.models.keras_file import load_model, read_metadata

        super().__init__(path)
        self._model = load_model(path)
        self.shape = tuple(self._model.input_shape[1:])
        self.takes = _takes(read_metadata(path).get("takes"))
        activation = getattr(self._model.layers[-1], "activation", None)
        self.ends_in_softmax = getattr(activation, "__name__", "") == "softmax"

    def run(self, real: Real, on: Where | None, board: str, on_progress: OnProgress) -> tuple[Real, str]:
        from toolkit.data import Split
        from toolkit.training.predict import predict

        if on not in (None, "float"):
            raise self.refuse(on, "the .tflite that tinyml quantize made of it")
        return predict(self._model, Split(real, np.zeros(len(real)))).reshape(len(real), -1), "Keras, float32"


class TfliteModel(LooseModel):
    """A .tflite file, of integers or float32."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._data = read_model(path)
        self._graph = read_graph(self._data, path.stem)
        if len(self._graph.inputs) != 1 or len(self._graph.outputs) != 1:
            raise InputError(
                f"{path} does not have just one input and one output.",
                hint="Try: tinyml run, with the bytes of all inputs",
            )
        tensor = self._input
        self.shape, self._is_float = tuple(tensor.shape[1:]), tensor.dtype == "float32"
        self.home = "float" if self._is_float else "int8"
        self.pixels = None if self._is_float else _pixel_range(tensor)
        self.ends_in_softmax = "SOFTMAX" in [operation.kind for operation in self._graph.operations[-2:]]
        about = _beside(path, hashlib.sha256(self._data).hexdigest())
        self.takes = _takes(about.get("takes"))
        detection = about.get("float32" if self._is_float else "int8", {}).get("detection")
        self.threshold = float(detection["threshold"]) if detection else None

    @property
    def _input(self) -> Tensor:
        return self._graph.tensors[self._graph.inputs[0]]

    def as_seen(self, real: Real) -> Real:
        return real if self._is_float else as_model_sees(real, self._input)

    def run(self, real: Real, on: Where | None, board: str, on_progress: OnProgress) -> tuple[Real, str]:
        if self._is_float:
            from toolkit.reference.tflite import run_tflite_float

            if on not in (None, "float"):
                raise self.refuse(on, "an int8 .tflite, as tinyml quantize makes it")
            return run_tflite_float(self._data, real), "TFLite, float32"
        if on == "float":
            raise self.refuse(on, "model_float.tflite or model.keras instead")
        rows = sample_rows(quantize_in_chunks(real, self._input))
        compiled = compile_model(self._data, self.path.stem)
        if on == "board":
            chosen = load_board(board)
            place = Place("host" if chosen.is_host else None)
            trial = try_samples(compiled, self._data, CheckSamples(rows), chosen, place, on_progress)
            verdict = trial.checked.verdict
            require_all([verdict], {board: verdict.to_json()})
            return _real(self._graph, trial.outputs()), f"{board}, {verdict.runner}"
        expected = expected_outputs(self._data, compiled.graph, rows)
        return _real(self._graph, expected.outputs), expected.oracle


def predict_with(
    path: Path, files: Sequence[Path], on: Where | None, board: str, top: int, on_progress: OnProgress
) -> Answer:
    """Return what the model in path says of each sample in files: its top classes, or all its numbers.

    on is by default where the file itself runs. Raises InputError for files that the model cannot take,
    or of which nobody said how they become its input; UsageError where it does not run.
    """
    model = KerasModel(path) if path.suffix == ".keras" else TfliteModel(path)
    decoded = [_decode(model, file) for file in files]
    for file, x in zip(files, decoded, strict=True):
        if x.shape[1:] != model.shape:
            raise InputError(
                f"{file} gives samples of shape {x.shape[1:]}; {path} takes {model.shape}.",
                hint="Try: files like those that the model was trained with",
            )
    real = np.concatenate(decoded)
    outputs, by = model.run(real, on, board, on_progress)
    meaning = _meaning(model, outputs.shape[1])
    labelled = label_outputs(meaning, model.as_seen(real), outputs, top, model.threshold)
    names = [name for file, x in zip(files, decoded, strict=True) for name in names_of(file, len(x))]
    predictions = tuple(Prediction(name, values) for name, values in zip(names, labelled, strict=True))
    return Answer(meaning.task, by, predictions, model.threshold, on or model.home)


def _meaning(model: LooseModel, outputs: int) -> Takes:
    """Return what is known of the outputs; an anomaly detector without a threshold gives numbers."""
    if model.takes and (model.takes.task != "anomaly" or model.threshold is not None):
        return model.takes
    if model.takes is None and model.ends_in_softmax and outputs > 1:
        return Takes("", "classification", tuple(str(i) for i in range(outputs)))
    return Takes("", "regression")


def _decode(model: LooseModel, file: Path) -> NDArray[np.float32]:
    if model.takes:
        return model.takes.decode(file)
    if file.suffix == ".npy":
        return Takes("python", "regression").decode(file)
    if file.suffix.lower() in PICTURES and len(model.shape) == 3 and model.shape[2] in (1, 3):
        return _picture(model, file)
    if file.suffix.lower() in _TABLES and len(model.shape) == 1:
        return _table(file)
    raise _unknown(model, file, f"how {file.suffix or 'such files'} becomes its input {model.shape}")


def _table(file: Path) -> NDArray[np.float32]:
    """Return the rows of a table, all of whose columns are inputs."""
    separator = "\t" if file.suffix.lower() == ".tsv" else ","
    columns = list(read_table(file, separator).columns)
    options = {"file": "", "target": ["-"], "columns": columns, "separator": separator}
    return Takes("csv", "regression", options=options).decode(file)


def _picture(model: LooseModel, file: Path) -> NDArray[np.float32]:
    if model.pixels is None:
        raise _unknown(model, file, "which numbers it takes for black and white")
    low, high = model.pixels
    height, width, channels = model.shape
    color = "rgb" if channels == 3 else "grey"
    options = {"folder": "", "size": [height, width], "color": color, "fit": "stretch"}
    x = Takes("image_folder", "regression", options=options).decode(file)
    return np.asarray(low + x * np.float32(high - low), np.float32)


def _unknown(model: LooseModel, file: Path, what: str) -> InputError:
    where = "model.keras as tinyml train wrote it" if model.path.suffix == ".keras" else "quantization.json"
    return InputError(
        f"{model.path} does not say {what}.",
        hint=f"Try: an .npy file of samples instead of {file.name}; "
        + (f"{where}, kept beside it, would say it" if where == "quantization.json" else f"{where} says it"),
    )


def _pixel_range(tensor: Tensor) -> tuple[float, float] | None:
    """Return the range of a pixel by that of the input's integers: 0 to 1, -1 to 1, or 0 to 255."""
    if tensor.quantization is None:
        return None
    limits = np.iinfo(tensor.dtype)
    scale, zero_point = tensor.quantization.scale, tensor.quantization.zero_point
    found = scale * (limits.min - zero_point), scale * (limits.max - zero_point)
    for usual in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        span = usual[1] - usual[0]
        if all(abs(a - b) <= _NEAR * span for a, b in zip(found, usual, strict=True)):
            return usual
    return None


def _beside(path: Path, sha256: str) -> dict[str, Any]:
    """Return the quantization.json beside a .tflite if it is of the same bytes, else nothing."""
    try:
        about = json.loads((path.parent / "quantization.json").read_text(encoding="utf-8"))
        if sha256 in (about["int8"]["sha256"], about["float32"]["sha256"]):
            return dict(about)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _takes(about: object) -> Takes | None:
    try:
        return Takes.from_json(about) if isinstance(about, dict) else None
    except (KeyError, TypeError, ValueError):
        return None


def _real(graph: Graph, rows: NDArray[np.int8]) -> Real:
    return dequantize_outputs(rows, graph.tensors[graph.outputs[0]])
