# SPDX-License-Identifier: Apache-2.0
"""Model files without a project: .keras, .h5 and SavedModel become int8 with a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.cli.main import run
from toolkit.tflite.reader import read_graph

pytestmark = [
    pytest.mark.train,
    pytest.mark.xdist_group("training"),
    pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning"),  # Keras' own, when it exports
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One trained model in three formats, its samples and labels."""
    keras = pytest.importorskip("keras", reason="needs TensorFlow: pip install 'tinyml-toolkit[train]'")
    layers, folder = keras.layers, tmp_path_factory.mktemp("models")
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    y = random.integers(0, 3, 90)
    x = random.normal(size=(90, 8, 8, 2)).astype(np.float32)
    x[..., 0] += y[:, None, None]
    ends = [layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")]
    model = keras.Sequential([keras.Input((8, 8, 2)), layers.Conv2D(4, 3, activation="relu"), *ends])
    model.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=15, verbose=0)
    model.save(folder / "m.keras")
    model.save(folder / "m.h5")
    model.export(folder / "saved", verbose=False)
    inputs = keras.Input((None, None, 2))
    free = keras.Model(inputs, layers.Dense(2)(ends[0](layers.Conv2D(4, 3)(inputs))))
    free.save(folder / "free.keras")
    one = keras.Sequential([model.layers[0], ends[0], layers.Dense(1, activation="sigmoid")])
    one.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    one.fit(x, y > 0, epochs=15, verbose=0)
    one.save(folder / "sigmoid.keras")
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    np.save(folder / "y50.npy", y * 50)
    np.save(folder / "y2.npy", np.array(["no", "yes"])[y % 2])
    np.savez(folder / "d.npz", X=x, Labels=y)
    np.save(folder / "nchw.npy", x.transpose(0, 3, 1, 2))
    return folder


def quantized(folder: Path, output: Path, *words: str) -> tuple[int, dict[str, Any]]:
    paths = [str(folder / word) if (folder / word).exists() else word for word in words]
    code = run(["quantize", *paths, "--output", str(output)])
    report = output.with_suffix(".quantization.json")
    return code, json.loads(report.read_text()) if report.is_file() else {}


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "saved"])
def test_every_format_becomes_int8_with_its_report(models: Path, tmp_path: Path, name: str) -> None:
    code, report = quantized(models, tmp_path / "m.tflite", name, "--data", "x.npy", "--labels", "y.npy")
    graph = read_graph((tmp_path / "m.tflite").read_bytes(), "m")
    assert code == 0 and graph.tensors[graph.inputs[0]].dtype == "int8"
    assert report["int8"]["score"] > 0.85 and report["labelled"] and report["samples"] == 45
    assert report["sqnr_db"] > 25 and report["agreement"] > 0.9


def test_without_labels_the_float_model_is_the_measure(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = quantized(models, tmp_path / "m.tflite", "m.keras", "--data", "x.npy")
    assert code == 0 and report["int8"]["score"] is None and report["agreement"] > 0.9
    assert "int8 against float32, on 45 samples: the same class for" in capsys.readouterr().out


def test_a_model_of_any_size_takes_that_of_the_samples(models: Path, tmp_path: Path) -> None:
    words = ("free.keras", "--data", "x.npy", "--activations", "int16")
    code, report = quantized(models, tmp_path / "m.tflite", *words)
    assert (code, report["scheme"], report["inputs"][0]["shape"]) == (0, "16x8", [1, 8, 8, 2])


def test_labels_may_come_with_the_samples(models: Path, tmp_path: Path) -> None:
    assert quantized(models, tmp_path / "m.tflite", "m.keras", "--data", "d.npz", "--layers")[1]["labelled"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--calibration", "mse"), "the least mean square error of each tensor"),
        (("--calibration", "minmax", "--equalize", "--correct-bias"), "lowest to highest"),
        (("--rounding", "adaptive", "--samples", "20"), "lowest to highest"),
    ],
)
def test_a_file_has_the_means_of_a_project(
    models: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    plain, _ = quantized(models, tmp_path / "plain.tflite", "m.keras", "--data", "x.npy")
    code, report = quantized(models, tmp_path / "m.tflite", "m.keras", "--data", "x.npy", *words)
    assert (plain, code, report["calibrated_by"]) == (0, 0, said)
    assert report["calibration_samples"] == (20 if "--samples" in words else 45)
    assert (tmp_path / "m.tflite").read_bytes() != (tmp_path / "plain.tflite").read_bytes()
    assert report["sqnr_db"] > 25


def test_a_file_has_16_and_4_bits_where_they_are_worth_it(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("m.keras", "--data", "x.npy", "--weights-bytes", "100")
    code, report = quantized(models, tmp_path / "m.tflite", *words)
    assert code == 0 and any(each["is_narrow"] for each in report["narrow"])
    assert "which it has" in capsys.readouterr().out
    words = ("m.keras", "--data", "x.npy", "--activations", "mixed", "--mixed-ms", "9", "--board", "host")
    code, _ = quantized(models, tmp_path / "m.tflite", *words)
    assert code == 3 and "no price on host" in capsys.readouterr().err


NAMES = np.array(["ant", "bee", "cow"])
FORMS: dict[str, Callable[[Any], Any]] = {
    "one-hot": lambda y: np.eye(3)[y],
    "texts": lambda y: NAMES[y],
    "from 1": lambda y: y[:, None] + 1,
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_may_have_any_usual_form(models: Path, tmp_path: Path, form: str) -> None:
    np.save(tmp_path / "y.npy", FORMS[form](np.load(models / "y.npy")))
    words = ("m.keras", "--data", "x.npy", "--labels", str(tmp_path / "y.npy"))
    code, report = quantized(models, tmp_path / "m.tflite", *words)
    assert code == 0 and report["metric"] == "accuracy" and report["int8"]["score"] > 0.85


@pytest.mark.parametrize("labels", [[0.0, 1.0], ["no", "yes"]])
def test_one_sigmoid_is_judged_by_two_classes(models: Path, tmp_path: Path, labels: list[Any]) -> None:
    np.save(tmp_path / "y.npy", np.array(labels)[(np.load(models / "y.npy") > 0).astype(int)])
    words = ("sigmoid.keras", "--data", "x.npy", "--labels", str(tmp_path / "y.npy"))
    code, report = quantized(models, tmp_path / "m.tflite", *words)
    assert code == 0 and report["metric"] == "binary_accuracy" and report["int8"]["score"] > 0.85


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("m.keras", "--data", "nchw.npy"), "takes samples of (8, 8, 2)"),
        (("saved", "--data", "nchw.npy"), "takes samples of (8, 8, 2)"),
        (("m.keras",), "needs samples of its data"),
        (("none.keras", "--data", "x.npy"), "there is no model"),
        (("none.onnx", "--data", "x.npy"), "onnx2tf"),
        (("x.npy", "--data", "x.npy"), "has samples, and is no model"),
        (("m.keras", "--data", "none.npy"), "cannot read"),
        (("m.keras", "--data", "x.npy", "--labels", "x.npy"), "label"),
        (("m.keras", "--data", "x.npy", "--labels", "y50.npy"), "go from 0 to 100; the model has 3 outputs"),
        (("m.keras", "--data", "x.npy", "--labels", "y2.npy"), "name 2 classes; the model has 3 outputs"),
        (("--data", "x.npy"), "are for a model file"),
        (("--calibration", "mse"), "--output, --calibration are for a model file"),
        (("m.keras", "--data", "x.npy", "--mixed-ms", "1"), 'mixed_ms 1 is for activations = "mixed" alone'),
        (("saved", "--data", "x.npy", "--equalize"), "equalize needs them"),
    ],
)
def test_what_is_wrong_is_said(
    models: Path, tmp_path: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = quantized(models, tmp_path / "m.tflite", *words)
    assert code in (2, 3) and said in capsys.readouterr().err
    assert not (tmp_path / "m.tflite").exists()


def test_an_h5_file_with_code_in_it_is_not_loaded(models: Path, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    content = (models / "m.h5").read_bytes()
    (tmp_path / "bad.h5").write_bytes(content)
    with h5py.File(tmp_path / "bad.h5", "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"Conv2D"', '"Lambda"')
    code, _ = quantized(tmp_path, tmp_path / "m.tflite", "bad.h5", "--data", str(models / "x.npy"))
    assert code == 3
