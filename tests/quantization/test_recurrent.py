# SPDX-License-Identifier: Apache-2.0
"""Keras' LSTM all the way: converted to one int8 operator, compiled, verified, run on an emulated board.

What has no such operator is laid out step by step: test_unrolled.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.firmware import skip_without

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.quantization import float_tflite, quantize_model, run_tflite_float
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import try_model
from toolkit.verify.generated_c import random_rows, verify_model
from toolkit.verify.on_device import Place

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("training")]
SHAPE = (7, 5)
SAMPLES = np.random.default_rng(3).standard_normal((40, *SHAPE)).astype(np.float32)


def importorskip_keras() -> Any:
    return pytest.importorskip("keras", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")


def keras_model(*layers: Any) -> Any:
    keras = importorskip_keras()
    keras.utils.set_random_seed(5)
    return keras.Sequential([keras.Input(SHAPE), *layers], name="recurrent")


def layers() -> Any:
    return importorskip_keras().layers


def kinds(data: bytes) -> list[str]:
    return [operation.kind for operation in read_graph(data, "m").operations]


def classifier() -> Any:
    k = layers()
    return keras_model(k.LSTM(6), k.Dense(3, activation="softmax"))


def stacked() -> Any:
    k = layers()
    return keras_model(k.LSTM(6, return_sequences=True), k.LSTM(4, go_backwards=True), k.Dense(2))


def test_an_lstm_is_one_operator_that_computes_what_keras_computes() -> None:
    model = stacked()
    data = float_tflite(model)

    real = run_tflite_float(data, SAMPLES)

    assert np.allclose(real, model.predict(SAMPLES, verbose=0), atol=1e-5)
    assert kinds(data).count("UNIDIRECTIONAL_SEQUENCE_LSTM") == 2


@pytest.mark.parametrize("model", [classifier, stacked])
def test_int8_lstms_are_tflm_s_on_two_hundred_inputs(model: Callable[[], Any]) -> None:
    data = quantize_model(model(), SAMPLES)

    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in kinds(data)
    assert verify_model(compile_model(data, "m"), data, samples=200).samples == 200


def test_a_board_computes_it_too(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    model = classifier()
    data = quantize_model(model, SAMPLES)
    (tmp_path / "m.tflite").write_bytes(data)
    np.save(tmp_path / "x.npy", random_rows(read_graph(data, "m"), 6))

    for is_stream in (False, True):
        trial = try_model(
            tmp_path / "m.tflite", tmp_path / "x.npy", "nano33ble", Place("emulator"), is_stream=is_stream
        )
        assert trial.checked.verdict.passed


@pytest.mark.parametrize(
    ("layer", "steps", "reason"),
    [
        (lambda k: k.GRU(4), None, "the number of its steps is not known, and 200 at most can be laid out"),
        (lambda k: k.GRU(4), 201, "it has 201 steps, and 200 at most can be laid out"),
        (lambda k: k.LSTM(4, activation="relu"), 201, "it has 201 steps, and 200 at most can be laid out"),
        (lambda k: k.GRU(4, stateful=True), 7, "it is stateful"),
    ],
)
def test_a_recurrent_layer_that_cannot_be_converted_is_refused_by_name(
    layer: Any, steps: int | None, reason: str
) -> None:
    inputs = layers().Input((steps, 5), batch_size=1)
    model = importorskip_keras().Model(inputs, layer(layers())(inputs), name="recurrent")

    with pytest.raises(InputError, match=f"the recurrent layer .* cannot be converted: {reason}"):
        quantize_model(model, SAMPLES)


@pytest.mark.parametrize(
    "layer",
    [
        lambda k: k.LSTM(3, activation="relu"),
        lambda k: k.LSTM(3, use_bias=False),
        lambda k: k.Bidirectional(k.SimpleRNN(3)),
    ],
)
def test_what_the_operator_does_not_do_is_laid_out_and_computes_what_keras_computes(layer: Any) -> None:
    model = keras_model(layer(layers()))

    data = float_tflite(model)

    assert np.allclose(run_tflite_float(data, SAMPLES), model.predict(SAMPLES, verbose=0), atol=1e-5)
    assert not {"WHILE", "UNIDIRECTIONAL_SEQUENCE_LSTM"}.intersection(kinds(data))
    assert not any(getattr(each, "unroll", False) for each in model._flatten_layers())


def test_the_model_is_as_it_was_afterwards() -> None:
    model = classifier()
    before = model.predict(SAMPLES, verbose=0)

    first = float_tflite(model)

    assert np.array_equal(before, model.predict(SAMPLES, verbose=0))
    assert "inner_loop" not in vars(model.layers[0])
    assert float_tflite(model) == first
