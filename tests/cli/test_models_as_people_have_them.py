# SPDX-License-Identifier: Apache-2.0
"""Labels and models that once went wrong, each from tinyml.toml to what is right for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.firmware import skip_without
from support.variants_that_wait import all_but

from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("training")]
PROJECT = """[project]
name = "case"
seed = 3
[data]
source = "python"
[data.options]
function = "case:load"
{options}
[model]
python = "case:build"
[training]
epochs = {epochs}
learning_rate = 0.01
[quantization]
samples = 60
"""
HEAD = """import keras
import numpy as np
from keras import layers as L
R = np.random.default_rng(0)
"""
DENSE, SOFT = 'L.Dense(8, activation="relu")', 'L.Dense(2, activation="softmax")'
INPUT = "keras.Input((8,))"
LEARNABLE = "(x[:, 0] > 0).astype(int)"


def classes(labels: str, layers: str) -> str:
    return (
        'def load():\n    x = R.normal(size=(200, 8)).astype("float32")\n'
        f"    return x, {labels}\ndef build(shape):\n    return keras.Sequential([{layers}])\n"
    )


def regression(shape: tuple[int, ...], layers: str) -> str:
    return (
        f'def load():\n    return R.normal(size=(120, *{shape})).astype("float32"), '
        'R.normal(size=(120, 3)).astype("float32")\n'
        f"def build(shape):\n    i = keras.Input(shape.inputs)\n    return keras.Model(i, {layers})\n"
    )


UNLIKE = """def load():
    y = R.integers(0, 2, 400)
    x = R.normal(size=(400, 16, 3))
    x[:, :, 0] = 1013 + 10 * x[:, :, 0]
    x[:, :, 1] *= 5
    x[:, :, 2] = 0.02 * x[:, :, 2] + 0.05 * y[:, None]
    return x.astype("float32"), y, ["a", "b"]
def build(shape):
    i = keras.Input(shape.inputs)
    x = L.Normalization(mean=[1013, 0, 0.025], variance=[100, 25, 0.001])(i)
    x = L.Conv1D(8, 3, activation="relu")(x)
    return keras.Model(i, L.Dense(2, activation="softmax")(L.GlobalAveragePooling1D()(x)))
"""


# The mark of both classes is in the first column: a dense network learns the last one by RandomFlip alone.
MARKED = """def load():
    y = np.arange(160) % 2
    x = R.normal(0, 0.1, (160, 6, 6, 1))
    x[y == 0, :3, 0] += 1
    x[y == 1, 3:, 0] += 1
    return x.astype("float32"), y
def build(shape):
    return keras.Sequential([
        keras.Input(shape.inputs), L.RandomFlip("horizontal"), L.GaussianNoise(0.1), L.Dropout(0.1),
        L.Flatten(), L.Dense(8, activation="relu"), L.Dense(2, activation="softmax")])
"""


def case(
    folder: Path, verb: str, text: str, epochs: int = 1, options: str = ""
) -> tuple[int, dict[str, Any], Path]:
    """Return the exit code, quantization.json if it was made, and the build folder."""
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    folder.mkdir(exist_ok=True)
    (folder / "tinyml.toml").write_text(PROJECT.format(epochs=epochs, options=options))
    (folder / "case.py").write_text(HEAD + text)
    code = run([verb, "--project", str(folder)])
    made = folder / "build" / "quantization.json"
    return code, json.loads(made.read_text()) if made.is_file() else {}, folder / "build"


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("np.eye(2, dtype=int)[R.integers(0, 2, 200)]", ["0", "1"]),
        ('np.array(["cat", "dog"])[R.integers(0, 2, 200)]', ["cat", "dog"]),
    ],
)
def test_one_hot_integers_and_texts_are_classes(tmp_path: Path, labels: str, names: list[str]) -> None:
    code, _, build = case(tmp_path, "train", classes(labels, f"{INPUT}, {DENSE}, {SOFT}"))
    history = json.loads((build / "history.json").read_text())
    assert (code, history["task"], history["classes"]) == (0, "classification", names)


def test_labels_as_floats_are_asked_for_and_one_option_decides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = classes('(x[:, 0] > 0).astype("float64")', f"{INPUT}, {DENSE}, {SOFT}")
    assert case(tmp_path, "data", text)[0] == 3
    assert 'Try: task = "classification" or task = "regression"' in capsys.readouterr().err
    assert case(tmp_path, "data", text, options='task = "classification"')[0] == 0


def test_a_model_without_an_input_layer_is_built_with_the_data_s_shape(tmp_path: Path) -> None:
    assert case(tmp_path, "train", classes("R.integers(0, 2, 200)", f"{DENSE}, {SOFT}"))[0] == 0


def test_logits_are_trained_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, made, _ = case(tmp_path, "quantize", classes(LEARNABLE, f"{INPUT}, {DENSE}, L.Dense(2)"), 25)
    said = capsys.readouterr().err
    assert code == 0 and "gives logits" in said
    assert made["int8"]["score"] > 0.85 and "SOFTMAX" in made["operators"]


def test_one_sigmoid_goes_to_the_board_and_the_check(tmp_path: Path) -> None:
    skip_without("nano33ble", "gcc")
    text = classes(LEARNABLE, f'{INPUT}, {DENSE}, L.Dense(1, activation="sigmoid")')
    code, made, build = case(tmp_path, "check", text, 25)
    verdict = json.loads((build / "nano33ble" / "verdict.json").read_text())
    assert code == 0 and verdict["passed"]
    assert made["int8"]["score"] > 0.85 and made["outputs"][0]["shape"] == [1, 2]


ENDED = [
    ((7, 4), "L.Dense(3)(L.GRU(5, dropout=0.2)(i))"),
    ((8, 8, 2), "L.Dense(3)(L.Flatten()(L.Conv2D(2, 3)(L.UpSampling2D()(i))))"),
    ((6,), 'L.Dense(3)(L.Activation("softsign")(L.Dense(8, activation="softplus")(i)))'),
    ((6,), "L.Dense(3)(L.LayerNormalization()(L.Dense(8)(i)))"),
]


@pytest.mark.parametrize(
    ("shape", "layers"),
    all_but(ENDED, ENDED[2:3]),
    ids=["gru_with_dropout", "upsampling", "softplus", "layer_normalization"],
)
def test_what_once_ended_behind_the_training_is_converted_and_compiled(
    tmp_path: Path, shape: tuple[int, ...], layers: str
) -> None:
    code, made, build = case(tmp_path, "compile", regression(shape, layers))
    assert code == 0 and (build / "compiled" / "cortex-m4f" / "model.c").is_file()
    assert made["int8"]["score"] < 1.1 * made["float32"]["score"]


def test_mixed_float16_is_trained_to_the_end_in_float32(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = 'keras.mixed_precision.set_global_policy("mixed_float16")\n    return keras.Sequential'
    text = classes(LEARNABLE, f"{INPUT}, {DENSE}, {SOFT}").replace("return keras.Sequential", policy)
    code, made, build = case(tmp_path, "quantize", text, 15)
    keras = pytest.importorskip("keras")
    assert code == 0 and "compute in float32, not in float16" in capsys.readouterr().err
    assert made["float32"]["score"] > 0.85 and made["int8"]["score"] > 0.85
    layers = keras.saving.load_model(build / "model.keras", compile=False).layers
    assert {layer.dtype_policy.name for layer in layers} == {"float32"}


def test_augmentation_layers_inside_a_model_train_it_and_do_nothing_afterwards(tmp_path: Path) -> None:
    code, made, build = case(tmp_path, "quantize", MARKED, 6)
    assert code == 0 and made["float32"]["score"] > 0.9 and made["int8"]["score"] > 0.9
    assert set(made["operators"]) == {"RESHAPE", "FULLY_CONNECTED", "SOFTMAX"}
    model = pytest.importorskip("keras").saving.load_model(build / "model.keras", compile=False)
    mirrored = np.zeros((2, 6, 6, 1), np.float32)
    mirrored[0, :3, -1] = mirrored[1, 3:, -1] = 1
    assert np.asarray(model(mirrored, training=False))[[0, 1], [0, 1]].min() > 0.9


TWO_ENDS = (
    "def load():\n    return R.normal(size=(60, 8)).astype('float32'), R.integers(0, 2, 60)\n"
    "def build(shape):\n    a, b = keras.Input((8,), name='acc'), keras.Input((3,), name='gyro')\n    "
)
BEFORE: dict[str, tuple[str, str, str]] = {
    "Masking": (
        regression((7, 4), "L.Dense(3)(L.GRU(5)(L.Masking()(i)))"),
        "NOT_EQUAL of the layer masking (Masking) would stay float",
        "without Masking",
    ),
    "Embedding": (
        regression((7,), "L.Dense(3)(L.Flatten()(L.Embedding(9, 4)(i)))"),
        "of the layer embedding (Embedding) would stay float",
        "each number as a one-hot row",
    ),
    "two inputs": (
        f"{TWO_ENDS}return keras.Model([a, b], {SOFT}(L.Concatenate()([a, b])))",
        "has 2 inputs (acc, gyro); the data have one",
        "cut inside the model",
    ),
    "two outputs": (
        f"{TWO_ENDS}return keras.Model(a, [{SOFT}(a), L.Dense(1, name='side')(a)])",
        "has 2 outputs (dense, side); the data have one",
        "the one to deploy",
    ),
}


@pytest.mark.parametrize("name", BEFORE)
def test_what_cannot_be_deployed_is_named_with_a_way_out_before_an_epoch(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(*_: object, **__: object) -> None:
        raise AssertionError("a training began")

    monkeypatch.setattr("toolkit.pipeline.train.train_all", begun)
    text, said, way = BEFORE[name]
    code, _, build = case(tmp_path, "train", text)
    error = capsys.readouterr().err
    assert code == 3 and not (build / "model.keras").exists()
    assert said in error and way in error


@pytest.mark.wide
def test_a_channel_that_int8_cannot_hold_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, made, _ = case(tmp_path, "quantize", UNLIKE, 30)
    said = capsys.readouterr().out
    assert code == 0 and made["float32"]["score"] > 0.95 > 0.8 > made["int8"]["score"]
    assert [each["channel"] for each in made["channels"]] == ["2"]
    assert "too coarse for the channel '2'" in said and "standardize" in said and "int16" in said


@pytest.mark.wide
def test_a_validation_at_chance_is_never_settled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert case(tmp_path, "train", classes("R.integers(0, 2, 200)", f"{INPUT}, {DENSE}, {SOFT}"), 30)[0] == 0
    said = capsys.readouterr().out
    assert "training: " in said and "settled" not in said
