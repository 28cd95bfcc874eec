# SPDX-License-Identifier: Apache-2.0
"""Ranges of int8 that a few rare values do not set alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, Split
from toolkit.extras import load_extra
from toolkit.project.config import Project, load_project
from toolkit.quantization import calibration_samples, float_tflite, quantize_model
from toolkit.quantization.artifacts import best_quantized
from toolkit.quantization.calibration import calibrations, distance, judging_samples, nearest
from toolkit.quantization.report import int8_outputs
from toolkit.reference.tflite import run_tflite_float
from toolkit.tflite.reader import read_graph

RANDOM = np.random.default_rng(1)
USUAL = RANDOM.uniform(-1, 1, (600, 6)).astype(np.float32)


def wild(size: float = 60.0) -> Any:
    """One channel of six has a peak in one sample of 600."""
    x = USUAL.copy()
    x[::600, 2] = size
    return x


def dataset_of(x: Any, **changed: Any) -> Dataset:
    split = Split(x, np.arange(len(x)) % 2)
    return replace(Dataset("d", "classification", split, split, split, ("a", "b")), **changed)


def project_in(folder: Path, quantization: str = "samples = 600") -> Project:
    (folder / "tinyml.toml").write_text(
        '[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n'
        f"[quantization]\n{quantization}\n"
    )
    return load_project(folder)


def test_usual_values_have_one_calibration_and_rare_ones_more(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert [each.within for each in calibrations(project, dataset_of(USUAL))] == [1.0]
    found = list(calibrations(project, dataset_of(wild())))
    assert [each.within for each in found] == [1.0, 0.999, 0.99]
    assert found[0].samples.max() == 60
    assert found[-1].samples.max() < 1.01
    assert found[-1].words == "the middle 99 % of the inputs"


def test_what_is_rare_is_kept_where_it_matters_or_costs_nothing(tmp_path: Path) -> None:
    anomaly = dataset_of(wild(), task="anomaly", classes=("normal", "anomaly"))
    assert len(list(calibrations(project_in(tmp_path), anomaly))) == 1
    wide = project_in(tmp_path, 'activations = "int16"')
    assert len(list(calibrations(wide, dataset_of(wild())))) == 1


@pytest.mark.parametrize(
    ("distances", "chosen"),
    [([2.759e-6, 2.756e-6, 2.729e-6], 0), ([1.0], 0), ([4.0, 1.9, 2.1], 1), ([0.0, 0.0], 0)],
)
def test_a_narrower_range_is_taken_only_where_it_is_clearly_nearer(
    distances: list[float], chosen: int
) -> None:
    assert nearest(distances) == chosen


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_the_calibration_that_is_nearest_to_the_float_model_is_chosen(tmp_path: Path) -> None:
    keras = load_extra("keras")
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6,), name="input")
    hidden = keras.layers.Dense(16, activation="relu", name="hidden")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="output")(hidden), name="p")
    kernel = np.asarray(model.get_layer("hidden").kernel).copy()
    kernel[2] = 0  # the model has learned that this channel says nothing
    model.get_layer("hidden").kernel.assign(kernel)
    project, dataset = project_in(tmp_path), dataset_of(wild())
    float32 = float_tflite(model)
    chosen, how = best_quantized(project, dataset, model, float32)
    plain = quantize_model(model, calibration_samples(project, dataset))
    x = judging_samples(project, dataset)
    truth = run_tflite_float(float32, x)

    def apart(content: bytes) -> float:
        return distance(int8_outputs(content, read_graph(content, "p"), x), truth)

    assert how.within < 1
    assert apart(chosen) < 0.5 * apart(plain)


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_rare_values_that_are_what_the_model_is_about_stay(tmp_path: Path) -> None:
    """The only output is the sum: a range without the peaks would be far off in each sample that has one."""
    keras = load_extra("keras")
    inputs = keras.Input((6,), name="input")
    outputs = keras.layers.Dense(1, name="output", kernel_initializer="ones")(inputs)
    model = keras.Model(inputs, outputs, name="p")
    project, dataset = project_in(tmp_path), dataset_of(wild(), task="regression", classes=())
    assert best_quantized(project, dataset, model, float_tflite(model))[1].within == 1
