# SPDX-License-Identifier: Apache-2.0
"""Targets of any size: a regression learns them scaled, and the model that is kept gives them as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING, outputs_of_c

from toolkit.data import Dataset, load_dataset
from toolkit.data.standard import Standard
from toolkit.extras import load_extra
from toolkit.models import Shape, build_model
from toolkit.pipeline.pipeline import Pipeline
from toolkit.project.config import Project, load_project
from toolkit.quantization import quantize_model
from toolkit.report.diagnosis import diagnosis_lines
from toolkit.training import Checkpoint, TrainedModel, history_json, save_model, say_about_own, train_model
from toolkit.training.predict import predict
from toolkit.training.targets import fold_targets, linear_output, measure_targets, scale_targets

pytestmark = [
    pytest.mark.train,
    pytest.mark.xdist_group("targets"),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]

TINYML_TOML = """
[project]
name = "prices"
[data]
source = "csv"
[data.options]
file = "prices.csv"
target = ["price"]
task = "regression"
[model]
{model}
[training]
learning_rate = 0.01
batch_size = 20
epochs = {epochs}
"""
MLP = 'family = "mlp"\n[model.options]\nunits = [12]'
OWN = """
import keras

def build(shape, ending):
    inputs = keras.Input(shape.inputs, name="input")
    hidden = keras.layers.Dense(4, activation="relu", name="hidden")(inputs)
    return keras.Model(inputs, keras.layers.Dense(shape.outputs, activation=ending, name="last")(hidden))
"""


def project_in(folder: Path, more: str = "", *, epochs: int = 3, model: str = MLP) -> Project:
    """A table of houses with prices of 500,000, a deviation of 180,000 about them, and its project."""
    random = np.random.default_rng(3)
    size, age = random.uniform(30, 200, 400), random.uniform(0, 90, 400)
    worth = (size - 115) / 49 - (age - 45) / 60 * (size / 200)
    prices = 500_000 + 180_000 * (worth - worth.mean()) / worth.std()
    table = [f"{s:.5g},{a:.5g},{p:.9g}" for s, a, p in zip(size, age, prices, strict=True)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prices.csv").write_text("\n".join(["size,age,price", *table]) + "\n")
    (folder / "tinyml.toml").write_text(TINYML_TOML.format(model=model, epochs=epochs) + more)
    return load_project(folder)


@cache
def houses() -> tuple[Project, Dataset, TrainedModel]:
    with TemporaryDirectory() as folder:
        project = project_in(Path(folder), epochs=40)
        dataset = load_dataset(project)
        return project, dataset, train_model(project, dataset)


def explained(truth: Any, outputs: Any) -> float:
    """The share of the variance that outputs explain (R2)."""
    return float(1 - np.mean((truth - outputs) ** 2) / np.var(truth.astype(np.float64)))


def saved_bytes(trained: TrainedModel, path: Path) -> bytes:
    save_model(trained.model, path)
    return path.read_bytes()


def test_prices_are_learned_and_given_in_their_own_units_by_the_c_of_the_int8_model_too(
    tmp_path: Path,
) -> None:
    project, dataset, trained = houses()
    model = quantize_model(trained.model, dataset.train.x)
    real = outputs_of_c(model, dataset.test.x, tmp_path)
    assert explained(dataset.test.y, trained.outputs) > 0.97
    assert explained(dataset.test.y, real) > 0.97
    as_they_stand = replace(project, training=replace(project.training, scale_targets=False, epochs=4))
    assert explained(dataset.test.y, train_model(as_they_stand, dataset).outputs) < 0


def test_mae_is_in_the_targets_own_units_and_the_loss_in_deviations_of_the_training_split() -> None:
    project, dataset, trained = houses()
    assert trained.targets is not None
    mean, deviation = trained.targets.mean[0], trained.targets.deviation[0]
    assert mean == pytest.approx(dataset.train.y.mean(), rel=1e-6)
    assert deviation == pytest.approx(dataset.train.y.std(), rel=1e-5)
    apart = predict(trained.model, dataset.validation) - dataset.validation.y
    assert trained.curves["val_mae"][-1] == pytest.approx(np.abs(apart).mean(), rel=1e-4)
    assert trained.curves["val_loss"][-1] == pytest.approx(np.mean((apart / deviation) ** 2), rel=1e-3)
    history = json.loads(history_json(project, dataset, [trained]))
    assert history["models"][0]["targets"] == {"mean": [mean], "deviation": [deviation]}
    assert "in deviations, mae in the targets' own units" in diagnosis_lines(history)[-1]


def test_folding_is_exact_to_float32_s_rounding() -> None:
    keras = load_extra("keras")
    keras.utils.set_random_seed(4)
    inputs = keras.Input((6,), name="input")
    model = keras.Model(inputs, keras.layers.Dense(3, name="output")(keras.layers.ReLU()(inputs)))
    x = np.random.default_rng(1).normal(0, 1, (200, 6)).astype(np.float32)
    before = np.asarray(model(x), np.float64)
    targets = Standard((500_000.0, 101_325.0, -3e-4), (180_000.0, 50.0, 1e-5))
    fold_targets(model, targets)
    expected = before * targets.deviation + targets.mean
    largest = np.abs(targets.mean) + np.array(targets.deviation) * np.abs(before).max(axis=0)
    assert (np.abs(np.asarray(model(x)) - expected) < 4 * np.finfo(np.float32).eps * largest).all()


@pytest.mark.parametrize(
    "more", ["stop_patience = 2\nsam = 0.05\npeers = 1\n", '[training.distill]\nfamily = "mlp"\n']
)
def test_an_interrupted_training_on_scaled_targets_ends_with_the_same_bytes(
    tmp_path: Path, more: str
) -> None:
    project = project_in(tmp_path, more)
    dataset = load_dataset(project)
    whole = train_model(project, dataset)

    def stop(done: float, total: int, text: str = "") -> None:
        if done == 2:
            raise KeyboardInterrupt

    checkpoint = Checkpoint(tmp_path / "state.npz", "key", clock=lambda: 0.0)
    with pytest.raises(KeyboardInterrupt):
        train_model(project, dataset, checkpoint=checkpoint, on_progress=stop)
    resumed = train_model(project, dataset, checkpoint=checkpoint)
    assert resumed.curves == whole.curves
    assert saved_bytes(resumed, tmp_path / "a") == saved_bytes(whole, tmp_path / "b")
    assert np.abs(whole.outputs - 500_000).max() < 2_000_000


def test_from_a_teacher_in_the_targets_units_that_says_the_same_a_student_learns_nothing(
    tmp_path: Path,
) -> None:
    more = 'optimizer = "sgd"\n[training.distill]\nteacher = "teacher.keras"\nweight = 1.0\n'
    project = project_in(tmp_path, more, epochs=2)
    dataset = load_dataset(project)
    teacher = build_model(project, project.model, Shape.of(dataset))
    fold_targets(teacher, measure_targets(project.training, dataset, teacher))
    save_model(teacher, tmp_path / "teacher.keras")
    student = train_model(project, dataset)
    assert student.outputs == pytest.approx(predict(teacher, dataset.test), abs=2.0)
    assert student.curves["loss"][0] < 1e-8


def test_a_range_test_sees_scaled_targets(tmp_path: Path) -> None:
    project = project_in(tmp_path, '[training.search]\nmethod = "range"\n', epochs=1)
    tried = train_model(project, load_dataset(project)).tried
    assert 0 < tried[0][1] < 10


def test_the_new_head_of_a_base_learns_scaled_targets_frozen_and_unfrozen(tmp_path: Path) -> None:
    save_model(houses()[2].model, tmp_path / "base.keras")
    more = "[training.transfer]\nfrozen_epochs = 3\nsteps = 1\n"
    project = project_in(tmp_path, more, epochs=6, model='base = "base.keras"')
    dataset = load_dataset(project)
    assert explained(dataset.test.y, train_model(project, dataset).outputs) > 0.5


def test_a_constant_target_is_learned(tmp_path: Path) -> None:
    dataset = load_dataset(project_in(tmp_path))
    same = {name: replace(split, y=np.full_like(split.y, 2.5e6)) for name, split in dataset.splits().items()}
    trained = train_model(project_in(tmp_path), replace(dataset, **same))
    assert trained.targets == Standard((2.5e6,), (1.0,))
    assert trained.outputs == pytest.approx(2.5e6, abs=3)


def dense(units: int, **more: Any) -> Any:
    return load_extra("keras").layers.Dense(units, **more)


def functional(make: Callable[[Any], Any]) -> Any:
    inputs = load_extra("keras").Input((3,))
    return load_extra("keras").Model(inputs, make(inputs))


def twice(x: Any) -> Any:
    layer = dense(3)
    return layer(layer(x))


def test_only_a_linear_dense_that_stands_at_the_end_alone_is_folded_into() -> None:
    layers = load_extra("keras").layers
    inside = functional(dense(3))
    assert linear_output(functional(lambda x: dense(2)(x))) is not None
    assert linear_output(load_extra("keras").Sequential([layers.Input((3,)), dense(4), dense(1)])) is not None
    for make in (
        dense(2, activation="relu"),
        dense(2, use_bias=False),
        lambda x: layers.Activation("linear")(dense(2)(x)),
        lambda x: layers.Add()([dense(2)(x), dense(2)(x)]),
        twice,
        inside,
    ):
        assert linear_output(functional(make)) is None
    assert linear_output(subclassed()) is None


def subclassed() -> Any:
    keras = load_extra("keras")

    class Subclassed(keras.Model):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.last = dense(1)

        def call(self, x: Any) -> Any:
            return self.last(x)

    return Subclassed()


def test_a_model_of_one_s_own_that_ends_otherwise_learns_targets_as_they_stand_and_that_is_said_once(
    tmp_path: Path,
) -> None:
    own = 'python = "own:build"\n[model.options]\nending = "{}"'
    (tmp_path / "own.py").write_text(OWN)
    linear, said = project_in(tmp_path, model=own.format("linear")), list[str]()
    say_about_own(linear, load_dataset(linear), said.append)
    assert not said
    project = project_in(tmp_path, epochs=1, model=own.format("relu"))
    pipeline = Pipeline(project, on_step=said.append, progress=lambda *_, **__: nullcontext(silent))
    pipeline.train()
    told = [line for line in said if "targets" in line]
    assert told == ["train: build does not end in a linear Dense with a bias: targets are not scaled"]
    model = pipeline.read_json("history.json")["models"][0]
    assert "targets" not in model
    assert model["curves"]["loss"][0] > 1e9


def silent(done: float, total: int, text: str = "") -> None:
    """Nobody looks at the bar."""


def test_scaling_touches_neither_the_inputs_nor_the_test_split() -> None:
    _, dataset, trained = houses()
    scaled = scale_targets(dataset, trained.targets)
    assert scaled.test is dataset.test
    for name in ("train", "validation"):
        before, after = getattr(dataset, name), getattr(scaled, name)
        assert after.x is before.x
        assert abs(after.y.mean()) < 0.3
        assert after.y.dtype == np.float32
    assert scale_targets(dataset, None) is dataset
