# SPDX-License-Identifier: Apache-2.0
"""Keras to int8 .tflite: all of it, the same every time, and nearly as good."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.tflm import run_graph, run_tflm
from support.trained import HAS_TRAIN_EXTRA, MISSING, quantized, trained

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.ir.graph import Graph, Operation, Quantization, Tensor
from toolkit.ir.real_numbers import quantize_samples
from toolkit.quantization import (
    calibration_samples,
    compare_models,
    quantize_model,
    run_tflite_float,
    run_tflite_reference,
)
from toolkit.tflite.reader import read_graph
from toolkit.training import load_model, save_model
from toolkit.verify.generated_c import verify_model

pytestmark = [
    pytest.mark.train,
    pytest.mark.xdist_group("training"),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

OPERATORS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "MAX_POOL_2D", "RESHAPE", "SOFTMAX"}
HALVES = np.array([[0.25, -0.25, 0.75, -0.75, 1.25, 1e9, -1e9, 0.1]], np.float32)


def _layer(function: str) -> Any:
    """Return a Keras model that applies a function of TensorFlow's to eight numbers."""
    tensorflow, keras = load_extra("tensorflow"), load_extra("keras")
    call: Any = tensorflow
    for name in function.split("."):
        call = getattr(call, name)
    layer = type("Applied", (keras.layers.Layer,), {"call": lambda self, x: call(x)})()
    inputs = keras.Input((8,), name="input")
    hidden = keras.layers.Dense(8, name="dense")(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, name="output")(layer(hidden)), name="odd")


def test_the_int8_model_is_int8_at_both_ends_and_per_channel() -> None:
    graph = read_graph(quantized("digits")[1], "digits")
    ends = [graph.tensors[i] for i in (*graph.inputs, *graph.outputs)]
    assert [(end.dtype, end.shape) for end in ends] == [("int8", (1, 8, 8, 1)), ("int8", (1, 10))]
    kinds = {operation.kind: operation for operation in graph.operations}
    assert set(kinds) == OPERATORS
    weights = graph.tensors[kinds["CONV_2D"].inputs[1]]
    assert weights.quantization is not None and len(weights.quantization.scales) == weights.shape[0] > 1


def test_int8_and_float_agree_on_nearly_every_digit() -> None:
    project, dataset, _ = trained("digits")
    report = compare_models(*quantized("digits"), dataset, len(calibration_samples(project, dataset)))
    assert report.metric == "accuracy" and report.samples == len(dataset.test)
    assert report.agreement is not None and report.agreement > 0.98
    assert report.int8.bytes < report.float32.bytes


def test_the_reports_float_score_is_the_trained_models() -> None:
    _, dataset, model = trained("digits")
    report = compare_models(*quantized("digits"), dataset, 1)
    assert report.float32.score == model.score


def test_a_model_from_its_file_gives_the_same_bytes(tmp_path: Path) -> None:
    project, dataset, model = trained("digits")
    save_model(model.model, tmp_path / "model.keras")
    again = quantize_model(load_model(tmp_path / "model.keras"), calibration_samples(project, dataset))
    assert again == quantized("digits")[1]


def test_calibration_sees_only_the_training_split() -> None:
    project, dataset, _ = trained("digits")
    chosen = calibration_samples(project, dataset)
    rows = {row.tobytes() for row in dataset.train.x}
    assert len(chosen) == project.quantization.samples
    assert all(row.tobytes() in rows for row in chosen)


def test_quantization_json_of_a_curve_has_both_curves() -> None:
    _, dataset, _ = trained("hello_sine")
    about = json.loads(compare_models(*quantized("hello_sine"), dataset, 300).to_json())
    assert (about["metric"], about["calibration_samples"], about["agreement"]) == ("mae", 300, None)
    assert about["operators"] == {"FULLY_CONNECTED": 3}
    assert about["x"] == sorted(about["x"])
    assert len(about["truth"]) == len(about["float32"]["predicted"]) == len(about["int8"]["predicted"]) == 200
    assert about["int8"]["score"] < about["float32"]["score"] + 0.02
    assert about["inputs"][0]["scale"] > 0


def test_every_operator_that_would_stay_float_is_named() -> None:
    random = np.random.default_rng(1)
    with pytest.raises(InputError, match=r"not all of odd can be int8: .*COS.* would stay float"):
        quantize_model(_layer("cos"), random.random((20, 8), np.float32))


def test_weights_that_are_nan_are_named() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="last")], name="odd")
    model.layers[-1].set_weights([np.full((2, 1), np.nan), np.zeros(1)])
    with pytest.raises(InputError, match=r"the weights .*last/kernel of odd have NaN or infinite"):
        quantize_model(model, np.zeros((4, 2), np.float32))


def test_an_operator_that_tflite_does_not_have_is_named() -> None:
    random = np.random.default_rng(1)
    with pytest.raises(InputError, match=r"odd cannot be converted: tf\.Digamma"):
        quantize_model(_layer("math.digamma"), random.random((20, 8), np.float32))


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    project, dataset, model = trained("hello_sine")
    capfd.readouterr()
    quantize_model(model.model, calibration_samples(project, dataset))
    assert capfd.readouterr() == ("", "")


def test_tflites_reference_kernels_agree_with_tflm() -> None:
    _, dataset, _ = trained("digits")
    model = quantized("digits")[1]
    graph = read_graph(model, "digits")
    raw = quantize_samples(dataset.test.x[:50], graph.tensors[graph.inputs[0]])
    device = np.concatenate([row[0] for row in run_tflm(model, [[sample[np.newaxis]] for sample in raw])])
    assert np.mean(run_tflite_reference(model, raw) == device) > 0.99


def test_int16_activations_lose_next_to_nothing_and_compile() -> None:
    project, dataset, model = trained("digits")
    float_model = quantized("digits")[0]
    wide = quantize_model(model.model, calibration_samples(project, dataset), "int16")
    graph = read_graph(wide, "digits")
    report = compare_models(float_model, wide, dataset, 500)
    ends = {graph.tensors[i].dtype for i in (*graph.inputs, *graph.outputs)}
    assert ends == {"int16"} and report.scheme == "16x8"
    assert report.agreement is not None and report.agreement > 0.995
    assert verify_model(compile_model(wide, "digits"), wide).samples > 0


def test_samples_are_quantized_as_tflites_quantize_operator_does() -> None:
    real = Tensor(0, "real", (1, 8), "float32")
    integer = Tensor(1, "integer", (1, 8), "int8", Quantization((0.5,), (-7,)))
    graph = Graph("q", (real, integer), (Operation(0, "QUANTIZE", 1, (0,), (1,)),), (0,), (1,))
    assert np.array_equal(quantize_samples(HALVES, integer), run_graph(graph, [[HALVES]])[0][0])


def test_inputs_of_the_wrong_size_or_type_are_input_errors() -> None:
    real, integer = quantized("hello_sine")
    with pytest.raises(InputError, match="a sample has 3 bytes; the model takes 1"):
        run_tflite_reference(integer, np.zeros((2, 3), np.int8))
    with pytest.raises(InputError, match="is int8, not float32"):
        run_tflite_float(integer, np.zeros((2, 1), np.float32))
    assert run_tflite_float(real, np.zeros((0, 1), np.float32)).shape == (0, 1)


def test_bytes_that_are_no_model_are_an_input_error() -> None:
    with pytest.raises(InputError, match="TFLite cannot load the model"):
        run_tflite_reference(b"TFL3 but nothing more", np.zeros((1, 1), np.int8))
