# SPDX-License-Identifier: Apache-2.0
"""Ways to make integers of models that int8 hurts, and training as int8: tables for docs/quantization.md.

  python -m pytest -s -m bench tests/bench/test_int8_methods.py

Both models learn scikit-learn's digits. The test split judges; nothing is chosen by it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.data import load_dataset
from toolkit.models.keras_file import load_model
from toolkit.pipeline.pricing import Pricing
from toolkit.project.config import load_project
from toolkit.project.qat import QatConfig
from toolkit.quantization import float_tflite, run_tflite_float
from toolkit.quantization.artifacts import best_quantized, made_integers
from toolkit.quantization.compare import Compared, compare_methods
from toolkit.quantization.equalize import scale_pairs
from toolkit.quantization.narrowed import narrowable, narrowed, weights_bytes
from toolkit.quantization.pairs import sqnr_db
from toolkit.quantization.qat import train_quantized
from toolkit.quantization.report import int8_outputs
from toolkit.targets.board import load_board
from toolkit.tflite.reader import read_graph
from toolkit.training.once import Setting

pytestmark = [
    pytest.mark.bench,
    pytest.mark.train,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

TINYML_TOML = """
[project]
name = "p"
[data]
source = "digits"
[model]
{model}
[training]
epochs = 20
batch_size = 32
learning_rate = 0.006
"""
SEPARABLE = """
import keras

def build(shape):
    layers = keras.layers
    x = inputs = keras.Input(shape.inputs)
    def act(x):
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = act(layers.Conv2D(8, 3, padding="same", use_bias=False)(x))
    for channels, stride in ((16, 2), (16, 1), (24, 2), (24, 1)):
        x = act(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = act(layers.Conv2D(channels, 1, use_bias=False)(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(shape.outputs, activation=shape.activation)(x))
"""
OCTAVES, EPOCHS = 7, 20
MORE_TIME = 0.2
SPARE_BYTES = 16
"""As training may change by a little what biases take: zeros of two layers are one constant."""


def trained(folder: Path, model: str) -> tuple[Any, Any, Any]:
    """The project in folder, its data, and the model in float32 as train left it."""
    (folder / "separable.py").write_text(SEPARABLE, encoding="utf-8")
    (folder / "tinyml.toml").write_text(TINYML_TOML.format(model=model), encoding="utf-8")
    assert run(["train", "--project", str(folder)]) == 0
    project = load_project(folder)
    return project, load_dataset(project), load_model(folder / "build" / "model.keras")


def print_table(title: str, real: float, ways: list[Compared]) -> None:
    print(f"\n{title}, float32 {100 * real:.2f} %\n\n| way | dB | test accuracy |\n|---|---|---|")
    for way in ways:
        print(f"| `{way.method}` | {way.sqnr_db:.1f} | {100 * (way.score or 0):.2f} % |")


def ways_of(project: Any, dataset: Any, model: Any) -> tuple[float, list[Compared]]:
    found = compare_methods(project, dataset, model, float_tflite(model), split=dataset.test)
    assert found.real is not None
    return found.real, [*found.ways, as_trained(project, dataset, model)]


def bits_of(project: Any, dataset: Any, model: Any) -> tuple[float, list[Compared]]:
    """int8, and 16 or 4 bits in places: 16 for at most 20 % more time, 4 in all layers, also trained for."""
    float32 = float_tflite(model)
    price = Pricing(project.name, load_board("nano33ble"), lambda _: "")
    plain, _ = best_quantized(project, dataset, model, float32)
    narrow = weights_bytes(read_graph(narrowed(plain, narrowable(read_graph(plain, "p"))), "p"))
    wide = {"activations": "mixed", "mixed_ms": round(MORE_TIME * price.ms(plain), 3)}
    ways = [compared("int8", dataset, float32, plain)]
    for changed in (wide, {"weights_bytes": narrow + SPARE_BYTES}):
        asked = project.with_quantization(replace(project.quantization, **changed))
        made = made_integers(asked, dataset, model, float32, price=price.ms)
        text = ", ".join(f"{key} = {value}" for key, value in changed.items())
        ways.append(compared(text, dataset, float32, made.content))
    ways.append(as_trained(asked, dataset, model, rate=0.3))
    real = run_tflite_float(float32, dataset.test.x)
    return float(np.mean(real.argmax(axis=1) == dataset.test.y)), ways


def compared(method: str, dataset: Any, float32: bytes, content: bytes) -> Compared:
    outputs = int8_outputs(content, read_graph(content, "p"), dataset.test.x)
    score = float(np.mean(outputs.argmax(axis=1) == dataset.test.y))
    return Compared(method, sqnr_db(run_tflite_float(float32, dataset.test.x), outputs), score)


def as_trained(project: Any, dataset: Any, model: Any, rate: float = 0.1) -> Compared:
    """What 20 epochs of training as int8 make of model; validation chooses the epoch."""
    training = replace(project.training, qat=QatConfig(epochs=EPOCHS, rate=rate))
    found = train_quantized(model, Setting.of(project, dataset, project.model), training)
    made = made_integers(project, dataset, found.model, float_tflite(found.model), found.as_int8)
    return compared(
        f"[training.qat] epochs = {EPOCHS}, rate = {rate:g}", dataset, float_tflite(model), made.content
    )


def test_a_mobilenet_of_few_channels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = 'family = "mobilenet_v2"\n[model.options]\nstages = 4'
    real, ways = ways_of(*trained(tmp_path, model))
    with capsys.disabled():
        print_table("mobilenet_v2, 4 stages, 0.35 wide", real, ways)
    assert max(way.score or 0 for way in ways) >= real - 0.001


@pytest.mark.parametrize("octaves", [0, OCTAVES])
def test_16_and_4_bits(octaves: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, dataset, model = trained(tmp_path, 'python = "separable:build"')
    make_uneven(model, octaves)
    real, ways = bits_of(project, dataset, model)
    with capsys.disabled():
        print_table(f"separable, channels scaled by 1 to 1/{2**octaves}", real, ways)
    int8, wide, narrow, taught = (way.score or 0 for way in ways)
    assert narrow < int8 <= wide and taught > narrow + 0.01


def make_uneven(model: Any, octaves: int) -> None:
    """In float32 it computes the same: its layers pass on channels times 1 to 2**-octaves, and undo it."""
    random = np.random.default_rng(0)
    scale_pairs(model, lambda pair: 2.0 ** random.uniform(-octaves, 0, pair.channels))


def test_channels_of_different_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project, dataset, model = trained(tmp_path, 'python = "separable:build"')
    make_uneven(model, OCTAVES)
    real, ways = ways_of(project, dataset, model)
    with capsys.disabled():
        print_table("separable, channels scaled by 1 to 1/128", real, ways)
    by = {way.method: way.sqnr_db for way in ways}
    assert by["equalize = true"] > by['calibration = "minmax"'] + 15


def test_4_bits_of_hello_sine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "sine"
    assert run(["new", str(folder), "--example", "hello_sine"]) == 0
    file, found = folder / "tinyml.toml", {}
    text = file.read_text(encoding="utf-8")
    narrow = text.replace("[quantization]\n", "[quantization]\nweights_bytes = 280\n")
    taught = f"{narrow}\n[training.qat]\nepochs = 40\nrate = 1.0\n"
    for name, each in (("int8", text), ("4 bits", narrow), ("4 bits, trained", taught)):
        file.write_text(each, encoding="utf-8")
        assert run(["quantize", "--project", str(folder)]) == 0
        report = json.loads((folder / "build" / "quantization.json").read_text(encoding="utf-8"))
        found.setdefault("float32", report["float32"]["score"])
        found[name] = report["int8"]["score"]
    with capsys.disabled():
        print("\nhello_sine, mean absolute error:", ", ".join(f"{k} {v:.4f}" for k, v in found.items()))
    assert found["4 bits"] > 1.5 * found["int8"] and found["4 bits, trained"] < 1.15 * found["int8"]
