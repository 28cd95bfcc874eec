# SPDX-License-Identifier: Apache-2.0
"""What makes a training on few samples right: steps, statistics of batch norms, the weights that are kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.data import Dataset, Split, load_dataset
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import Project, load_project
from toolkit.project.recipe import AugmentConfig, TrainingConfig
from toolkit.training import Checkpoint, history_json, train_model
from toolkit.training.augmentation import make_augment
from toolkit.training.batches import BatchPlan, batch_seed, sample_weights, training_batches
from toolkit.training.keeping import Keeping, keeping_of
from toolkit.training.once import Setting, joined, train_once
from toolkit.training.statistics import Statistics

pytestmark = [pytest.mark.train, pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)]

RANDOM = np.random.default_rng(1)
WAVES = np.sin(RANDOM.uniform(0, 6, (60, 1, 2)) + np.linspace(0, 9, 40)[:, None] * [1, 2]).astype(np.float32)
NUMBERS = (np.arange(60) % 3).astype(np.int64)


def project_in(folder: Path, training: str = "", data: str = "", model: str = "") -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    x = WAVES * (1 + NUMBERS)[:, None, None]
    np.savez(folder / "d.npz", x=x + RANDOM.normal(0, 0.1, x.shape), y=NUMBERS)
    model = model or 'family = "cnn_1d"\n[model.options]\nfilters = [4, 8]'
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "numpy"\n{data}\n[data.options]\nfile = "d.npz"\n'
        f"[model]\n{model}\n[training]\n{training}\n"
    )
    return load_project(folder)


def rows(count: int) -> Split:
    return Split(np.arange(count, dtype=np.float32)[:, None], np.arange(count) % 2)


@pytest.mark.parametrize(("samples", "steps"), [(20, 25), (64, 26), (800, 25), (1000, 32)])
def test_an_epoch_is_whole_passes_of_at_least_so_many_steps(samples: int, steps: int) -> None:
    plan = BatchPlan(32, seed=1, least_steps=TrainingConfig().epoch_steps)
    assert plan.steps(samples) == steps
    seen = np.concatenate([x for x, _ in training_batches(rows(samples), plan, 0, 1).as_numpy_iterator()])
    assert np.ptp(np.bincount(seen[:, 0].astype(int), minlength=samples)) == 0


def test_an_epoch_that_is_begun_again_has_the_same_batches_also_in_the_middle_of_a_pass() -> None:
    plan = BatchPlan(8, seed=1, steps_an_epoch=5)

    def batches(first: int, end: int) -> list[list[float]]:
        found = training_batches(rows(27), plan, first, end).as_numpy_iterator()
        return [x[:, 0].tolist() for x, _ in found]

    whole = batches(0, 4)
    assert [len(batch) for batch in whole[:5]] == [8, 8, 8, 3, 8]
    assert len(whole) == 20
    assert batches(2, 4) == whole[10:]


def test_no_two_seeds_passes_or_batches_share_their_random_numbers() -> None:
    seeds = {
        tuple(np.asarray(batch_seed(seed, number, batch)).tolist())
        for seed in (0, 1, 2, 2**31 - 1)
        for number in range(4)
        for batch in range(6)
    }
    assert len(seeds) == 4 * 4 * 6


def test_another_seed_s_first_batch_is_not_augmented_as_this_one_s_second() -> None:
    x = np.tile(np.array([0, 1], np.float32), (64, 40, 1))
    split = Split(x, np.zeros(64, np.int64))
    split.x[0] += 1
    dataset = Dataset("d", "classification", split, split, split, ("a", "b"))
    augment = make_augment(AugmentConfig(jitter=0.1), dataset)

    def noise(seed: int) -> list[Any]:
        plan = BatchPlan(32, seed, augment=augment)
        return [x - np.round(x) for x, _ in training_batches(split, plan, 0, 1).as_numpy_iterator()]

    assert not np.allclose(noise(1)[0], noise(0)[1], atol=1e-3)


def test_a_mixed_sample_counts_as_much_as_its_shares_of_classes() -> None:
    weights = (0.5, 2.0, 8.0)
    assert np.asarray(sample_weights(load_extra("tensorflow").constant([2, 0]), weights)) == pytest.approx(
        [8, 0.5]
    )
    dataset = Dataset("d", "classification", *[Split(WAVES, NUMBERS)] * 3, tuple("abc"))
    augment = make_augment(AugmentConfig(mixup=1.0), dataset)
    plan = BatchPlan(16, 1, classes=3, augment=augment, weights=weights)
    shares, found = [], []
    for _, y, weight in training_batches(dataset.train, plan, 0, 1).as_numpy_iterator():
        shares.append(y)
        found.append(weight)
    y = np.concatenate(shares)
    assert (y.max(axis=1) < 0.99).any()
    assert np.concatenate(found) == pytest.approx(y @ np.array(weights), rel=1e-5)


def test_jitter_is_a_part_of_each_channel_s_own_range() -> None:
    x = np.zeros((50, 40, 2), np.float32)
    x[0, 0] = [1, 1000]
    dataset = Dataset("d", "classification", *[Split(x, np.zeros(50, np.int64))] * 3, ("a", "b"))
    augment = make_augment(AugmentConfig(jitter=0.1), dataset)
    assert augment is not None
    noise = np.asarray(augment(load_extra("tensorflow").constant(x), None, (1, 2))[0]) - x
    assert noise.std(axis=(0, 1)) == pytest.approx([0.1, 100], rel=0.1)


def test_statistics_of_batch_norms_are_those_of_the_training_split() -> None:
    keras = load_extra("keras")
    inputs = keras.Input((40, 2))
    x = keras.layers.BatchNormalization(momentum=0.99, name="first")(inputs)
    x = keras.layers.Dropout(0.5)(x)
    x = keras.layers.BatchNormalization(momentum=0.99, name="second")(keras.layers.Dense(3, name="dense")(x))
    model = keras.Model(inputs, x)
    kernel = np.asarray(model.get_layer("dense").kernel)
    split = Split(np.tile(WAVES * 3 + 1, (6, 1, 1)), np.tile(NUMBERS, 6))
    Statistics(model, split, seed=1).measure()
    first, second = model.get_layer("first"), model.get_layer("second")
    assert np.asarray(first.moving_mean) == pytest.approx(split.x.mean(axis=(0, 1)), abs=1e-4)
    assert np.asarray(first.moving_variance) == pytest.approx(split.x.var(axis=(0, 1)), rel=1e-4)
    normal = (split.x - split.x.mean(axis=(0, 1))) / np.sqrt(split.x.var(axis=(0, 1)) + first.epsilon)
    assert np.asarray(second.moving_variance) == pytest.approx((normal @ kernel).var(axis=(0, 1)), rel=0.05)
    assert first.momentum == 0.99
    assert "call" not in vars(first)


def test_a_frozen_batch_norm_keeps_its_statistics() -> None:
    keras = load_extra("keras")
    inputs = keras.Input((40, 2))
    model = keras.Model(inputs, keras.layers.BatchNormalization(name="norm", trainable=False)(inputs))
    Statistics(model, Split(WAVES + 5, NUMBERS), seed=1).measure()
    assert np.asarray(model.get_layer("norm").moving_mean) == pytest.approx([0, 0])


def test_after_few_steps_a_model_with_batch_norms_is_judged_as_well_as_it_is(tmp_path: Path) -> None:
    """Twelve steps: Keras' running means are still three tenths of what they began with."""
    setting = Setting.of(
        *whole_setting(project_in(tmp_path, "epochs = 3\nepoch_steps = 4\nlearning_rate = 0.02"))
    )
    config = replace(setting.project.training, keep="last")
    model, fitted = train_once(setting, config)
    statistics = [np.asarray(layer.moving_mean).copy() for layer in model.layers if "norm" in layer.name]
    Statistics(model, setting.dataset.train, 5).measure()
    again = [np.asarray(layer.moving_mean) for layer in model.layers if "norm" in layer.name]
    for kept, measured in zip(statistics, again, strict=True):
        assert kept == pytest.approx(measured, abs=1e-4)
    assert fitted.curves["val_accuracy"][-1] > 0.5


def whole_setting(project: Project) -> tuple[Project, Dataset, Any]:
    return project, load_dataset(project), project.model


def scored(model: Any, split: Split) -> float:
    """The mean cross-entropy on a split."""
    shares = np.asarray(model(split.x))[np.arange(len(split)), split.y]
    return float(-np.log(shares).mean())


RISING = 'epochs = 9\nlearning_rate = 0.05\nschedule = "constant"\n'


def test_the_model_has_the_weights_of_the_epoch_that_the_history_names(tmp_path: Path) -> None:
    project = project_in(tmp_path, RISING)
    dataset = load_dataset(project)
    best = train_model(project, dataset)
    assert best.curves["val_loss"][best.kept - 1] == pytest.approx(
        scored(best.model, dataset.validation), rel=1e-3
    )
    told = json.loads(history_json(project, dataset, [best]))["models"][0]
    assert (told["kept_epoch"], told["refit"], told["steps"]) == (best.kept, False, 9 * 26)
    last = train_model(project_in(tmp_path, RISING + 'keep = "last"'), dataset)
    assert (last.kept, last.kept_by) == (9, "")
    assert last.curves["val_loss"][-1] == pytest.approx(scored(last.model, dataset.validation), rel=1e-3)


def test_classes_are_kept_by_accuracy_and_everything_else_by_loss(tmp_path: Path) -> None:
    dataset = load_dataset(project_in(tmp_path))
    assert keeping_of(dataset, weighted=False).by == "val_accuracy"
    assert keeping_of(dataset, weighted=True).by == "val_loss"
    assert keeping_of(replace(dataset, task="regression"), weighted=False).by == "val_loss"
    lowest = Keeping("val_loss", 9)
    losses = [0.9, 0.8, 1.5, 0.8, 0.7]
    kept = [lowest.after_epoch(epoch, {"val_loss": loss}) for epoch, loss in enumerate(losses)]
    assert kept == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("samples", "accuracies", "kept"),
    [
        (9, [0.33, 0.78, 0.67, 0.67], 3),  # one sample of nine is luck
        (9, [0.33, 1.0, 0.78, 0.67], 1),  # two are not
        (36, [0.5, 35 / 36, 34 / 36, 34 / 36], 3),
        (600, [0.9, 598 / 600, 597 / 600, 596 / 600], 3),  # each of two accuracies is off by chance
        (600, [0.9, 598 / 600, 597 / 600, 594 / 600], 2),
        (10_000, [0.5, 0.91, 0.907, 0.9], 2),
        (10_000, [0.5, 0.91, 0.90, 0.9], 1),
    ],
)
def test_the_last_epoch_that_is_not_clearly_worse_than_the_best_is_kept(
    samples: int, accuracies: list[float], kept: int
) -> None:
    keeping = Keeping("val_accuracy", samples)
    for epoch, accuracy in enumerate(accuracies):
        keeping.after_epoch(epoch, {"val_accuracy": accuracy})
    assert keeping.epoch == kept


def test_refit_trains_once_more_on_train_and_validation_for_the_steps_that_were_best(tmp_path: Path) -> None:
    project = project_in(tmp_path, RISING + "refit = true")
    dataset = load_dataset(project)
    heard: list[tuple[float, int]] = []
    found = train_model(
        project, dataset, on_progress=lambda done, total, text="": heard.append((done, total))
    )
    plain = train_model(project_in(tmp_path, RISING), dataset)
    assert found.curves == plain.curves
    assert found.kept == plain.kept
    assert not np.array_equal(found.model.get_weights()[0], plain.model.get_weights()[0])
    assert int(found.model.optimizer.iterations) == found.kept * found.steps
    assert heard[-1] == (18, 18)
    assert len(joined(dataset)) == len(dataset.train) + len(dataset.validation)


def test_a_refit_that_was_interrupted_ends_the_same(tmp_path: Path) -> None:
    project = project_in(tmp_path, "epochs = 4\nrefit = true")
    dataset, checkpoint = load_dataset(project), Checkpoint(tmp_path / "state.npz", "key", clock=lambda: 0.0)
    whole = train_model(project, dataset)

    def stop(done: float, total: int, text: str = "") -> None:
        if done == 5:
            raise KeyboardInterrupt

    if whole.kept > 1:
        with pytest.raises(KeyboardInterrupt):
            train_model(project, dataset, checkpoint=checkpoint, on_progress=stop)
    resumed = train_model(project, dataset, checkpoint=checkpoint)
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        assert np.array_equal(one, other)


def without_validation(project: Project) -> Dataset:
    dataset = load_dataset(project)
    empty = Split(dataset.validation.x[:0], dataset.validation.y[:0])
    return replace(dataset, train=joined(dataset), validation=empty)


def test_without_a_validation_split_the_last_epoch_is_kept(tmp_path: Path) -> None:
    project = project_in(tmp_path, "epochs = 4\nlearning_rate = 0.02")
    trained = train_model(project, without_validation(project))
    assert trained.kept == 4
    assert set(trained.curves) == {"loss", "accuracy", "learning_rate"}
    assert trained.score is not None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("stop_patience = 3", "stop_patience"),
        ('schedule = "plateau"', "plateau"),
        ("refit = true", "refit"),
        ('[training.search]\nmethod = "grid"', r"training\.search"),
    ],
)
def test_what_goes_by_validation_is_refused_without_it(asked: str, said: str, tmp_path: Path) -> None:
    project = project_in(tmp_path, asked)
    with pytest.raises(InputError, match=f"the validation split is empty, and .*{said}"):
        train_model(project, without_validation(project))


def test_weighted_is_refused_where_samples_have_no_class_of_their_own(tmp_path: Path) -> None:
    project = project_in(tmp_path, data="weighted = true")
    dataset = load_dataset(project)
    labels = Split(WAVES, np.eye(3, dtype=np.float32)[NUMBERS])
    several = replace(dataset, task="multilabel", train=labels, validation=labels, test=labels)
    with pytest.raises(InputError, match="weighted is for samples of one class each; the task is multilabel"):
        train_model(project, several)


@pytest.mark.parametrize("kind", ["series", "rows"])
def test_the_adaptive_recipe_trains_series_and_tables(kind: str, tmp_path: Path) -> None:
    """It asked for AugMix, which only pictures can have."""
    quick = 'recipe = "adaptive"\nepochs = 2\n[training.search]\ntrials = 2\nepochs = 1'
    model = 'family = "mlp"\n[model.options]\nunits = [4]' if kind == "rows" else ""
    project = project_in(tmp_path, quick, model=model)
    if kind == "rows":
        data = np.load(tmp_path / "d.npz")
        np.savez(tmp_path / "d.npz", x=data["x"][:, 0] + data["y"][:, None], y=data["y"])
    trained = train_model(project, load_dataset(project))
    assert set(trained.config.augment.used) == ({"jitter"} if kind == "rows" else {"jitter", "scale"})


def test_train_says_whose_weights_were_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project_in(tmp_path, "epochs = 6")
    assert run(["train", "--project", str(tmp_path)]) == 0
    assert "  kept: the weights of epoch " in capsys.readouterr().out


def test_a_split_without_validation_goes_all_the_way_to_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project_in(tmp_path, "epochs = 6", data="split = [0.7, 0.0, 0.3]")
    assert run(["quantize", "--project", str(tmp_path)]) == 0
    assert run(["train", "--project", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "training: unclear: there is no validation split" in said
    assert "kept: the weights of epoch 6 of 6\n" in said
    assert run(["report", "--project", str(tmp_path)]) == 0
    assert run(["runs", "--project", str(tmp_path)]) == 0
    assert run(["ablate", "--project", str(tmp_path)]) == 3
    assert "the validation split is empty" in capsys.readouterr().err
