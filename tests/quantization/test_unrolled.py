# SPDX-License-Identifier: Apache-2.0
"""Keras' recurrent layers laid out step by step, quantized and compiled: to the bit what TFLM computes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.host_model import HostModel
from support.kernel_runner import random_samples
from support.tflite_writer import GraphBuilder, write_tflite
from support.tflm import run_tflm
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.quantization import convert, quantize_model
from toolkit.tflite.reader import read_graph

pytestmark = pytest.mark.train
SHAPE = (10, 3)
ROWS = np.random.default_rng(0).normal(size=(20, *SHAPE)).astype(np.float32)


def check(data: bytes, folder: Path) -> None:
    graph = read_graph(data, "unrolled")
    samples = random_samples(graph, np.random.default_rng(3), 60)
    truths = run_tflm(data, samples, outputs=len(graph.outputs))

    found = HostModel(compile_model(data, "unrolled"), folder).run(samples)

    for truth, result in zip(truths, found, strict=True):
        for expected, got in zip(truth, result, strict=True):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize(("kind", "unroll"), [("GRU", False), ("SimpleRNN", True)])
def test_a_layer_of_ten_steps_computes_what_tflm_computes(kind: str, unroll: bool, tmp_path: Path) -> None:
    keras = load_extra("keras")
    keras.utils.set_random_seed(1)
    layer: Any = getattr(keras.layers, kind)(4, unroll=unroll)
    model = keras.Sequential([keras.Input(SHAPE), layer, keras.layers.Dense(2)], name=kind.lower())

    check(quantize_model(model, ROWS), tmp_path)


def split_in_float32(*between: str) -> bytes:
    """What the converter makes of an unrolled GRU's first step, with more operators after its SPLIT."""
    b = GraphBuilder("gru")
    axis = b.tensor((), "int32", data=1)
    whole, real = b.tensor((1, 12), scale=0.02, zero_point=-3), b.tensor((1, 12), "float32")
    parts = [b.tensor((1, 4), "float32") for _ in range(3)]
    b.operation("DEQUANTIZE", [whole], [real])
    b.operation("SPLIT", [axis, real], parts, num_splits=3)
    for kind in between:
        computed = b.tensor((1, 4), "float32")
        b.operation(kind, [parts[0]], [computed])
        parts[0] = computed
    outputs = [b.tensor((1, 4), scale=1 / 256, zero_point=-128) for _ in range(2)]
    for part, output in zip((parts[0], parts[2]), outputs, strict=True):
        gate = b.tensor((1, 4), scale=0.017, zero_point=5)
        b.operation("QUANTIZE", [part], [gate])
        b.operation("LOGISTIC", [gate], [output])
    return write_tflite(b.graph([whole], outputs))


STAND_IN = SimpleNamespace(name="gru", weights=[], _flatten_layers=lambda **_: [])


def quantized_as(content: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What quantize_model gives when the converter makes this; it does so at some conversions only."""
    monkeypatch.setattr(convert, "_convert", lambda *_, **__: content)
    return quantize_model(STAND_IN, ROWS)


def test_a_split_left_in_float32_computes_what_tflm_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(quantized_as(split_in_float32(), monkeypatch), tmp_path)


def test_a_conversion_that_leaves_a_split_in_float32_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    b = GraphBuilder("gru")
    values, shares = b.tensor((1, 4), scale=0.02), b.tensor((1, 4), scale=1 / 256, zero_point=-128)
    b.operation("LOGISTIC", [values], [shares])
    whole = write_tflite(b.graph([values], [shares]))
    made = [split_in_float32(), split_in_float32(), whole, split_in_float32()]
    monkeypatch.setattr(convert, "_convert", lambda *_, **__: made.pop(0))

    assert quantize_model(STAND_IN, ROWS) == whole


def test_what_computes_in_float32_beside_such_a_split_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="not all of gru can be int8: TANH would stay float"):
        quantized_as(split_in_float32("TANH"), monkeypatch)
