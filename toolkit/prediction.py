# SPDX-License-Identifier: Apache-2.0
"""What a project's model says of files that are none of its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit import check, metrics
from toolkit.board import Board
from toolkit.compiler import CompiledModel
from toolkit.data import Dataset, Takes, decode_file
from toolkit.errors import InputError
from toolkit.oracle import expected_outputs
from toolkit.pipeline import Pipeline
from toolkit.samples import as_model_sees, dequantize_outputs, quantize_in_chunks, sample_rows
from toolkit.verdict import require_all

Real = NDArray[np.float32]
Where = Literal["float", "int8", "board"]


@dataclass(frozen=True)
class Prediction:
    """What the model says of one sample: (label, value), the most probable first for classes.

    A value is a probability, a regression's number, or an anomaly detector's reconstruction error, whose
    label says on which side of the threshold it is.
    """

    name: str
    values: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Return {"sample": ..., "values": [{"label": ..., "value": ...}]}."""
        values = [{"label": label, "value": value} for label, value in self.values]
        return {"sample": self.name, "values": values}


@dataclass(frozen=True)
class Answer:
    """The predictions in the order of the files, what computed them, on what; threshold is that of errors."""

    task: metrics.Task
    by: str
    predictions: tuple[Prediction, ...]
    threshold: float | None = None
    on: Where = "int8"

    def rows(self) -> list[tuple[str, ...]]:
        """Return a row a sample: its name, then labels and values, as a person reads them.

        Of several labels those that the sample has, in one cell.
        """
        return [(p.name, *self._cells(p.values)) for p in self.predictions]

    def _cells(self, values: tuple[tuple[str, float], ...]) -> list[str]:
        if self.task == "multilabel":
            named = [self._text(*pair) for pair in values if metrics.has_label(np.float64(pair[1]))]
            return [", ".join(named) or "none"]
        return [self._text(label, value) for label, value in values]

    def _text(self, label: str, value: float) -> str:
        if self.task == "anomaly":
            return f"{label}, error {value:.4g}"
        is_probability = self.task in ("classification", "multilabel")
        return f"{label} {100 * value:.1f} %" if is_probability else f"{label} {value:.6g}".strip()


def predict_files(pipeline: Pipeline, files: Sequence[Path], on: Where, board: Board, top: int = 3) -> Answer:
    """Return what the model says of each sample in files: its top classes, or all its numbers.

    Files are decoded as the project's source does; a recording or a table may have many samples. on:
    the float .tflite (needs TensorFlow); the integer model by the oracle of a check, TFLM or the NumPy
    references; or the firmware for board in emulation. Raises InputError for a file that the source or
    the model cannot take, CheckFailedError if the firmware's bytes are not those of the host.
    """
    decoded = [decode_file(pipeline.project, path) for path in files]
    dataset = pipeline.dataset()
    for path, x in zip(files, decoded, strict=True):
        if x.shape[1:] != dataset.input_shape:
            raise InputError(
                f"{path} gives samples of shape {x.shape[1:]}; the model takes {dataset.input_shape}.",
                hint="Try: files like those that the model was trained with",
            )
    real = np.concatenate(decoded)
    if dataset.standard:
        real = dataset.standard.apply(real)
    outputs, by = _run(pipeline, real, on, board)
    threshold = pipeline.threshold("float32" if on == "float" else "int8")
    if threshold is not None and on != "float":
        graph = pipeline.compile().graph
        real = as_model_sees(real, graph.tensors[graph.inputs[0]])
    names = [name for path, x in zip(files, decoded, strict=True) for name in names_of(path, len(x))]
    labelled = zip(names, label_outputs(dataset, real, outputs, top, threshold), strict=True)
    predictions = tuple(Prediction(name, values) for name, values in labelled)
    return Answer(dataset.task, by, predictions, threshold, on)


def _run(pipeline: Pipeline, real: Real, on: Where, board: Board) -> tuple[Real, str]:
    """Return the real outputs (n, outputs) and who computed them."""
    model = pipeline.quantize()
    if on == "float":
        from toolkit.quantization.reference_runner import run_tflite_float

        data = model.with_name("model_float.tflite").read_bytes()
        return run_tflite_float(data, real), "TFLite, float32"
    if on == "board":
        return _run_on(pipeline, real, board)
    compiled, data = pipeline.compile(), model.read_bytes()
    expected = expected_outputs(data, compiled.graph, _inputs(compiled, real))
    return _real(compiled, expected.outputs), expected.oracle


def _run_on(pipeline: Pipeline, real: Real, board: Board) -> tuple[Real, str]:
    firmware, compiled = pipeline.build(board), pipeline.compiled_for(board)
    samples = check.Samples(_inputs(compiled, real))
    with pipeline.progress(f"predict: {len(real)} samples on {board.name}") as on_progress:
        checked = check.check_firmware(
            firmware, compiled, pipeline.quantize().read_bytes(), samples, check.Place(), on_progress
        )
    require_all([checked.verdict], {board.name: checked.verdict.to_json()})
    raw = np.frombuffer(b"".join(checked.outputs), np.int8).reshape(len(real), -1)
    return _real(compiled, raw), f"{board.name}, {checked.verdict.runner}"


def _inputs(compiled: CompiledModel, real: Real) -> NDArray[np.int8]:
    return sample_rows(quantize_in_chunks(real, compiled.graph.tensors[compiled.graph.inputs[0]]))


def _real(compiled: CompiledModel, rows: NDArray[np.int8]) -> Real:
    return dequantize_outputs(rows, compiled.graph.tensors[compiled.graph.outputs[0]])


def names_of(path: Path, samples: int) -> list[str]:
    """Return the file's name, with the sample's number, from 1, where it has several."""
    return [f"{path}:{i + 1}" if samples > 1 else f"{path}" for i in range(samples)]


def label_outputs(
    meaning: Dataset | Takes, real: Real, outputs: Real, top: int, threshold: float | None = None
) -> list[tuple[tuple[str, float], ...]]:
    """Return what outputs (n, outputs) for the inputs real (n, ...) mean, as in Prediction.values.

    threshold is the error above which a sample is anomalous, for an anomaly detector.
    """
    if meaning.task == "anomaly":
        assert threshold is not None
        errors = metrics.reconstruction_errors(real, outputs)
        return [((meaning.classes[int(e > threshold)], float(e)),) for e in errors]
    if meaning.task != "classification":
        numbered = tuple(f"output {i}:" for i in range(outputs.shape[1])) if outputs.shape[1] > 1 else ("",)
        labels = meaning.classes or numbered
        return [tuple(zip(labels, row.tolist(), strict=True)) for row in outputs]
    order = np.argsort(-outputs, axis=1, kind="stable")[:, :top]
    return [
        tuple((meaning.classes[i], float(row[i])) for i in best)
        for best, row in zip(order, outputs, strict=True)
    ]
