# SPDX-License-Identifier: Apache-2.0
"""Ways to make integers of models that int8 hurts, and training as int8: tables for docs/quantization.md.

  python -m pytest -s -m bench tests/bench/test_int8_methods.py

Both models learn scikit-learn's digits. The test split judges; nothing is chosen by it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.data import load_dataset
from toolkit.models.keras_file import load_model
from toolkit.project.config import load_project
from toolkit.project.qat import QatConfig
from toolkit.quantization import calibration_samples, float_tflite, quantize_model, run_tflite_float
from toolkit.quantization.compare import Compared, compare_methods
from toolkit.quantization.equalize import scale_pairs
from toolkit.quantization.pairs import sqnr_db
from toolkit.quantization.qat import train_quantized
from toolkit.quantization.report import int8_outputs
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


def as_trained(project: Any, dataset: Any, model: Any) -> Compared:
    """What 20 epochs of training as int8 make of model; validation chooses the epoch."""
    training = replace(project.training, qat=QatConfig(epochs=EPOCHS))
    found = train_quantized(model, Setting.of(project, dataset, project.model), training)
    content = quantize_model(found.model, calibration_samples(project, dataset), ranges=found.as_int8.ranges)
    outputs = int8_outputs(content, read_graph(content, "p"), dataset.test.x)
    real = run_tflite_float(float_tflite(model), dataset.test.x)
    score = float(np.mean(outputs.argmax(axis=1) == dataset.test.y))
    return Compared(f"[training.qat] epochs = {EPOCHS}", sqnr_db(real, outputs), score)


def test_a_mobilenet_of_few_channels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = 'family = "mobilenet_v2"\n[model.options]\nstages = 4'
    real, ways = ways_of(*trained(tmp_path, model))
    with capsys.disabled():
        print_table("mobilenet_v2, 4 stages, 0.35 wide", real, ways)
    assert max(way.score or 0 for way in ways) >= real - 0.001


def test_channels_of_different_sizes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In float32 the model computes the same: its layers pass on channels times 1 to 1/128, and undo it."""
    project, dataset, model = trained(tmp_path, 'python = "separable:build"')
    random = np.random.default_rng(0)
    scale_pairs(model, lambda pair: 2.0 ** random.uniform(-OCTAVES, 0, pair.channels))
    real, ways = ways_of(project, dataset, model)
    with capsys.disabled():
        print_table("separable, channels scaled by 1 to 1/128", real, ways)
    by = {way.method: way.sqnr_db for way in ways}
    assert by["equalize = true"] > by['calibration = "minmax"'] + 15
