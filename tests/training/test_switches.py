# SPDX-License-Identifier: Apache-2.0
"""Switches of arXiv 2108.07049 and its code: decay of biases, a loss to reach, consistency of AugMix ..."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import load_dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import load_project
from toolkit.project.recipe import AugmentConfig, DistillConfig, TrainingConfig
from toolkit.training import train_model
from toolkit.training.ablate import parts_of
from toolkit.training.keeping import Keeping

TOML = """
[project]
name = "p"
[data]
source = "{source}"
{options}
[model]
family = "mlp"
[model.options]
units = [4]
[training]
epochs = 6
epoch_steps = 1
batch_size = 512
"""
DIGITS = "[data.options]\ndigits = [3, 8]"


def project_of(folder: Path, training: str, source: str = "digits", options: str = DIGITS) -> Any:
    (folder / "tinyml.toml").write_text(TOML.format(source=source, options=options) + training)
    return load_project(folder)


def test_highest_keeps_the_first_epoch_with_the_highest_accuracy() -> None:
    keeping = Keeping("val_accuracy", 9, is_strict=True)
    for epoch, accuracy in enumerate((0.33, 0.78, 0.67, 0.78)):
        keeping.after_epoch(epoch, {"val_accuracy": accuracy})
    assert keeping.epoch == 1


def test_consistency_needs_augmix_and_goes_with_no_other_teacher() -> None:
    with pytest.raises(ValueError, match=r"augmix = 1\.0 with it"):
        AugmentConfig(consistency=12.0)
    augment = AugmentConfig(augmix=1.0, consistency=12.0)
    others: list[dict[str, Any]] = [
        {"peers": 1},
        {"distill": DistillConfig(family="mlp")},
        {"loss": "am_softmax"},
    ]
    for other in others:
        with pytest.raises(ValueError, match="consistency compares probabilities"):
            TrainingConfig(augment=augment, **other)


def test_what_cannot_be_without_a_part_goes_with_it() -> None:
    augment = AugmentConfig(
        augmix=1.0, augmix_policy="imagenet", consistency=12.0, filters=("median",), filtered=0.5
    )
    assert augment.used == ("augmix", "consistency", "filtered")
    parts = parts_of(TrainingConfig(augment=augment))
    assert parts["augment.augmix"].augment.consistency == 0
    assert parts["augment.consistency"].augment.augmix == 1
    assert parts["augment.filtered"].augment.filters == ()


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ('keep = "highest"', 'keep = "highest" goes by an accuracy of classes; the task is regression'),
        (
            "[training.augment]\naugmix = 1.0\nconsistency = 1.0",
            "consistency compares probabilities of classes",
        ),
    ],
)
def test_what_is_for_classes_is_refused_for_numbers(tmp_path: Path, training: str, said: str) -> None:
    from toolkit.training.usable import require_usable

    project = project_of(tmp_path, training, "sine", "")
    with pytest.raises(InputError, match=said):
        require_usable(project, load_dataset(project), project.training)


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_a_training_ends_at_a_loss_that_it_has_to_reach(tmp_path: Path) -> None:
    project = project_of(tmp_path, 'target_loss = 100.0\nkeep = "highest"')
    found = train_model(project, load_dataset(project))
    assert len(found.curves["loss"]) == 1
    assert (found.kept, found.kept_by) == (1, "val_accuracy")
    assert found.test_loss is not None
    assert 0 < found.test_loss < 100
    assert found.train_score is not None
    assert len(found.seconds) == 1


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("no_bias_decay", [True, False])
def test_biases_decay_only_where_they_are_let(optimizer: Any, no_bias_decay: bool) -> None:
    from toolkit.training.optimizers import make_optimizer

    keras = load_extra("keras")
    inputs = keras.Input((2,), name="input")
    model = keras.Model(inputs, keras.layers.Dense(1, name="output", bias_initializer="ones")(inputs))
    config = TrainingConfig(optimizer=optimizer, weight_decay=0.1, momentum=0.0, no_bias_decay=no_bias_decay)
    made = make_optimizer(config, 0.5, model)
    kernel, bias = (np.array(v.numpy()) for v in model.trainable_variables)
    made.apply_gradients([(keras.ops.zeros(v.shape), v) for v in model.trainable_variables])
    after = [np.array(v.numpy()) for v in model.trainable_variables]
    assert after[0] != pytest.approx(kernel)
    assert (after[1] == pytest.approx(bias)) == no_bias_decay


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_the_divergence_of_answers_is_that_of_scipy() -> None:
    from scipy.spatial.distance import jensenshannon

    from toolkit.training.consistency import jensen_shannon

    rng = np.random.default_rng(1)
    p, q = (rng.dirichlet(np.ones(4), 5).astype(np.float32) for _ in range(2))
    wanted = np.mean([jensenshannon(a, b) ** 2 for a, b in zip(p, q, strict=True)])
    assert float(jensen_shannon([p, q])) == pytest.approx(wanted, rel=1e-4)
    assert float(jensen_shannon([p, p, p])) == pytest.approx(0, abs=1e-6)


@pytest.mark.bench  # makes each operation of AugMix anew
@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_views_follow_from_seed_and_step_and_are_told_apart(tmp_path: Path) -> None:
    from toolkit.training.consistency import consistency
    from toolkit.training.training_model import wrap_model

    keras = load_extra("keras")
    project = project_of(
        tmp_path, '[training.augment]\naugmix = 1.0\naugmix_policy = "imagenet"\nconsistency = 12.0'
    )
    dataset = load_dataset(project)
    inputs = keras.Input((8, 8, 1), name="input")
    outputs = keras.layers.Dense(2, "softmax", name="output")(keras.layers.Flatten(name="flat")(inputs))
    model = wrap_model(keras.Model(inputs, outputs))
    model.compile(optimizer="sgd", loss="mse")
    model.optimizer.build(model.trainable_variables)
    x = dataset.train.x[:4]
    term = consistency(project.training, dataset, 1)

    def at(step: int) -> float:
        model.optimizer.iterations.assign(step)
        return float(term(model, x, None, model(x), 0.0, None))

    first = at(0)
    assert 0 < first < 12 * np.log(3)
    assert at(0) == first
    assert at(1) != first
