# SPDX-License-Identifier: Apache-2.0
"""What a project's model says of files that are none of its data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from toolkit.compiler.compile import CompiledModel
from toolkit.data import decode_file
from toolkit.errors import InputError
from toolkit.ir.real_numbers import as_model_sees, dequantize_outputs, quantize_in_chunks, sample_rows
from toolkit.pipeline.pipeline import Pipeline
from toolkit.predict.answer import Answer, Prediction, Real, Where, label_outputs, names_of
from toolkit.reference.oracle import expected_outputs
from toolkit.targets.board import Board
from toolkit.verify import on_device
from toolkit.verify.verdict import require_all


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
        from toolkit.reference.tflite import run_tflite_float

        data = model.with_name("model_float.tflite").read_bytes()
        return run_tflite_float(data, real), "TFLite, float32"
    if on == "board":
        return _run_on(pipeline, real, board)
    compiled, data = pipeline.compile(), model.read_bytes()
    expected = expected_outputs(data, compiled.graph, _inputs(compiled, real))
    return _real(compiled, expected.outputs), expected.oracle


def _run_on(pipeline: Pipeline, real: Real, board: Board) -> tuple[Real, str]:
    firmware, compiled = pipeline.build(board), pipeline.built_model(board)
    samples = on_device.Samples(_inputs(compiled, real))
    with pipeline.progress(f"predict: {len(real)} samples on {board.name}") as on_progress:
        checked = on_device.check_firmware(
            firmware, compiled, pipeline.quantize().read_bytes(), samples, on_device.Place(), on_progress
        )
    require_all([checked.verdict], {board.name: checked.verdict.to_json()})
    raw = np.frombuffer(b"".join(checked.outputs), np.int8).reshape(len(real), -1)
    return _real(compiled, raw), f"{board.name}, {checked.verdict.runner}"


def _inputs(compiled: CompiledModel, real: Real) -> NDArray[np.int8]:
    return sample_rows(quantize_in_chunks(real, compiled.graph.tensors[compiled.graph.inputs[0]]))


def _real(compiled: CompiledModel, rows: NDArray[np.int8]) -> Real:
    return dequantize_outputs(rows, compiled.graph.tensors[compiled.graph.outputs[0]])
