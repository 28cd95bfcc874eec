# SPDX-License-Identifier: Apache-2.0
"""Layers that the converter leaves in float32, or gets wrong, and their int8 form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.firmware import skip_without
from support.sqnr import float_error, int8_sqnr
from support.variants_that_wait import all_but, waiting

from toolkit.compiler.compile import compile_model
from toolkit.quantization import quantize_model
from toolkit.tflite.reader import read_graph
from toolkit.verify.any_model import try_model
from toolkit.verify.generated_c import random_rows, verify_model
from toolkit.verify.on_device import Place

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("training")]
SQNR_DB = 25.0
"""A plain network of these sizes has 25 to 35 dB; what is computed wrongly has less than 10."""

R = np.random.default_rng(0)
PICTURES = R.normal(size=(100, 8, 8, 4)).astype(np.float32)
SEQUENCES = R.normal(size=(100, 7, 4)).astype(np.float32)

Layer = Callable[[Any], Any]
ON_PICTURES: dict[str, Layer] = {
    "LayerNormalization": lambda k: k.LayerNormalization(),
    "LayerNormalization of rows": lambda k: k.LayerNormalization(axis=1),
    "LayerNormalization of all": lambda k: k.LayerNormalization(axis=[1, 2, 3], center=False),
    "GroupNormalization": lambda k: k.GroupNormalization(4),
    "GroupNormalization of instances": lambda k: k.GroupNormalization(-1),
    "RMSNormalization": lambda k: k.RMSNormalization(),
    "UnitNormalization": lambda k: k.UnitNormalization(),
    "ELU": lambda k: k.ELU(0.5),
    "elu": lambda k: k.Activation("elu"),
    "celu": lambda k: k.Conv2D(8, 3, activation="celu"),
    "selu": lambda k: k.Conv2D(8, 3, activation="selu"),
    "gelu": lambda k: k.Activation("gelu"),
    "softsign": lambda k: k.Activation("softsign"),
    "softplus": lambda k: k.Activation("softplus"),
    "UpSampling2D": lambda k: k.UpSampling2D(),
    "GaussianNoise": lambda k: k.GaussianNoise(0.1),
}
ON_SEQUENCES: dict[str, Layer] = {
    "GRU dropout": lambda k: k.GRU(5, dropout=0.2),
    "GRU recurrent_dropout": lambda k: k.GRU(5, recurrent_dropout=0.2),
    "LSTM dropout": lambda k: k.LSTM(5, dropout=0.2, recurrent_dropout=0.2),
    "SimpleRNN dropout": lambda k: k.SimpleRNN(5, dropout=0.2, recurrent_dropout=0.2),
    "RNN of cells": lambda k: k.RNN([k.GRUCell(4, dropout=0.1), k.LSTMCell(4, recurrent_dropout=0.1)]),
    "Bidirectional GRU": lambda k: k.Bidirectional(k.GRU(5, dropout=0.1)),
    "Bidirectional LSTM": lambda k: k.Bidirectional(k.LSTM(5, dropout=0.1)),
    "Bidirectional LSTM sequences": lambda k: k.Bidirectional(k.LSTM(5, return_sequences=True)),
    "Bidirectional SimpleRNN": lambda k: k.Bidirectional(k.SimpleRNN(5)),
}
WAIT = (
    "Bidirectional LSTM",
    "Bidirectional GRU",
    "Bidirectional SimpleRNN",
    "GRU recurrent_dropout",
    "SimpleRNN dropout",
    "LayerNormalization of rows",
    "GroupNormalization",
    "elu",
    "selu",
    "GaussianNoise",
)
"""What differs little from another one."""
COMPILED = ("LayerNormalization", "GroupNormalization", "ELU", "gelu", "softsign")


def model_of(*layers: Layer, shape: tuple[int, ...]) -> Any:
    keras = pytest.importorskip("keras", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    keras.utils.set_random_seed(1)
    k = keras.layers
    made = [layer(k) for layer in layers]
    return keras.Sequential([keras.Input(shape), *made, k.Flatten(), k.Dense(3)], name="m")


@pytest.mark.parametrize("name", waiting(ON_PICTURES, [name for name in WAIT if name in ON_PICTURES]))
def test_a_layer_of_pictures_is_int8_and_computes_what_keras_does(name: str) -> None:
    model = model_of(lambda k: k.Conv2D(8, 3), ON_PICTURES[name], shape=(8, 8, 4))
    assert float_error(model, PICTURES[:20]) < 1e-5
    assert int8_sqnr(model, PICTURES) > SQNR_DB


@pytest.mark.parametrize("name", waiting(ON_SEQUENCES, [name for name in WAIT if name in ON_SEQUENCES]))
def test_a_recurrent_layer_is_int8_and_computes_what_keras_does(name: str) -> None:
    model = model_of(ON_SEQUENCES[name], shape=(7, 4))
    assert float_error(model, SEQUENCES[:20]) < 1e-5
    assert int8_sqnr(model, SEQUENCES) > SQNR_DB


def test_an_lstm_beside_other_inputs_keeps_the_scale_of_its_state() -> None:
    keras = pytest.importorskip("keras", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    keras.utils.set_random_seed(1)
    inputs = keras.Input((7, 4))
    joined = keras.layers.Concatenate()([keras.layers.LSTM(5)(inputs), keras.layers.Flatten()(inputs)])
    model = keras.Model(inputs, keras.layers.Dense(3)(joined))
    assert int8_sqnr(model, SEQUENCES) > SQNR_DB


@pytest.mark.parametrize("name", all_but(COMPILED, ["softsign"]))
def test_what_was_rewritten_compiles_and_the_c_is_right(name: str) -> None:
    model = model_of(lambda k: k.Conv2D(8, 3), ON_PICTURES[name], shape=(8, 8, 4))
    data = quantize_model(model, PICTURES)
    assert verify_model(compile_model(data, "m"), data, samples=20).samples == 20


def test_what_was_rewritten_gives_the_same_bytes_on_an_emulated_board(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    names = ["LayerNormalization", "gelu", "GroupNormalization", "ELU", "RMSNormalization"]
    model = model_of(lambda k: k.Conv2D(8, 3), *(ON_PICTURES[name] for name in names), shape=(8, 8, 4))
    data = quantize_model(model, PICTURES)
    (tmp_path / "m.tflite").write_bytes(data)
    np.save(tmp_path / "x.npy", random_rows(read_graph(data, "m"), 4))
    trial = try_model(tmp_path / "m.tflite", tmp_path / "x.npy", "nano33ble", Place("emulator"))
    assert trial.checked.verdict.passed and trial.checked.verdict.samples == 4
    assert {"GELU", "EXP", "BATCH_MATMUL"} <= {each.kind for each in read_graph(data, "m").operations}


def test_the_layers_are_as_they_were_afterwards() -> None:
    model = model_of(lambda k: k.Conv2D(8, 3, activation="elu"), *ON_PICTURES.values(), shape=(8, 8, 4))
    activation, before = model.layers[0].activation, [dict(vars(layer)) for layer in model.layers]
    quantize_model(model, PICTURES[:2])
    assert model.layers[0].activation is activation
    for layer, kept in zip(model.layers, before, strict=True):
        assert "call" not in vars(layer) and set(vars(layer)) >= set(kept)
