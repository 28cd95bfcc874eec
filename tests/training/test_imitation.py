# SPDX-License-Identifier: Apache-2.0
"""Distillation and mutual learning: their formulas, and small trainings with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import load_dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.models import Shape, build_model
from toolkit.project.config import load_project
from toolkit.training import TrainedModel, save_model, train_model
from toolkit.training.imitation import divergence

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]

TINYML_TOML = """
[project]
name = "p"
[data]
source = "digits"
split = [0.1, 0.1, 0.8]
[data.options]
digits = [0, 1, 2]
[model]
family = "mlp"
[model.options]
units = [8]
[training]
epochs = 3
learning_rate = 0.01
"""


def trained_with(folder: Path, more: str) -> TrainedModel:
    (folder / "tinyml.toml").write_text(TINYML_TOML + more)
    project = load_project(folder)
    return train_model(project, load_dataset(project))


def weights_of(trained: TrainedModel) -> Any:
    return np.concatenate([np.asarray(weight).reshape(-1) for weight in trained.model.weights])


def test_the_divergence_is_kullbacks_and_leiblers() -> None:
    keras = load_extra("keras")
    p, q = np.array([[0.7, 0.2, 0.1]], np.float32), np.array([[0.5, 0.3, 0.2]], np.float32)
    expected = float((p * np.log(p / q)).sum())
    assert float(divergence(keras.ops.array(p), keras.ops.array(q))) == pytest.approx(expected, rel=1e-4)
    soft = [np.sqrt(each) / np.sqrt(each).sum() for each in (p, q)]
    expected = 4 * float((soft[0] * np.log(soft[0] / soft[1])).sum())
    assert float(divergence(keras.ops.array(p), keras.ops.array(q), 2.0)) == pytest.approx(expected, rel=1e-4)


def test_peers_change_what_a_model_learns_and_are_not_kept(tmp_path: Path) -> None:
    alone, beside = trained_with(tmp_path, ""), trained_with(tmp_path, "peers = 1\n")
    assert beside.parameters == alone.parameters
    assert not np.array_equal(weights_of(alone), weights_of(beside))
    assert np.array_equal(weights_of(beside), weights_of(trained_with(tmp_path, "peers = 1\n")))
    assert beside.curves["loss"][2] < beside.curves["loss"][0]


def test_a_teacher_equal_to_the_student_leaves_it_as_it_is_and_a_trained_one_does_not(tmp_path: Path) -> None:
    """With weight 1 only the teacher counts, and from what the student says already nothing is learnt."""
    (tmp_path / "tinyml.toml").write_text(TINYML_TOML)
    project = load_project(tmp_path)
    first = build_model(project, project.model, Shape.of(load_dataset(project)))
    save_model(first, tmp_path / "teacher.keras")
    before = np.concatenate([np.asarray(weight).reshape(-1) for weight in first.weights])
    plain = 'optimizer = "sgd"\n[training.distill]\nweight = 1.0\n'
    same = trained_with(tmp_path, plain + 'teacher = "teacher.keras"\n')
    assert weights_of(same) == pytest.approx(before, abs=1e-5)
    other = trained_with(tmp_path, plain + 'family = "mlp"\n[training.distill.options]\nunits = [32]\n')
    assert np.abs(weights_of(other) - before).max() > 1e-4


def test_a_teacher_for_other_data_is_refused(tmp_path: Path) -> None:
    keras = load_extra("keras")
    inputs = keras.Input((4,), name="input")
    save_model(keras.Model(inputs, keras.layers.Dense(3, name="output")(inputs)), tmp_path / "t.keras")
    with pytest.raises(InputError, match=r"the teacher t.keras takes \(4,\) and gives \(3,\); the data are"):
        trained_with(tmp_path, '[training.distill]\nteacher = "t.keras"\n')
