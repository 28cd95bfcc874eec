# SPDX-License-Identifier: Apache-2.0
"""Optimizers, schedules, losses and the plateau, each against its formula."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, Split
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.recipe import RECIPES, AugmentConfig, SearchConfig, TrainingConfig
from toolkit.training.losses import am_softmax, loss_name, make_loss, takes_one_hot
from toolkit.training.optimizers import make_optimizer
from toolkit.training.plateau import Plateau
from toolkit.training.schedules import make_rate, rate_at


def labelled(classes: int = 3) -> Dataset:
    split = Split(np.zeros((classes, 4), np.float32), np.arange(classes))
    return Dataset("d", "classification", split, split, split, tuple("abcdefghij"[:classes]))


def targets() -> Dataset:
    split = Split(np.zeros((3, 4), np.float32), np.zeros((3, 1), np.float32))
    return Dataset("d", "regression", split, split, split)


def test_the_rate_rises_then_follows_its_schedule() -> None:
    config = TrainingConfig(
        epochs=12, learning_rate=1.0, schedule="constant", warmup_epochs=2, decay=0.1, decay_epochs=5
    )
    assert [rate_at(config, epoch) for epoch in (0, 1, 2, 11)] == [0.0, 0.5, 1.0, 1.0]
    step = replace(config, schedule="step")
    assert [rate_at(step, epoch) for epoch in (2, 6.9, 7, 12)] == pytest.approx([1, 1, 0.1, 0.01])
    smooth = replace(config, schedule="exponential")
    assert [rate_at(smooth, epoch) for epoch in (2, 4.5, 7)] == pytest.approx([1, 10**-0.5, 0.1])
    cosine = replace(config, schedule="cosine")
    assert [rate_at(cosine, epoch) for epoch in (2, 7, 12)] == pytest.approx([1, 0.5, 0])


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_an_optimizer_gets_the_rate_of_each_step_and_a_factor_changes_it() -> None:
    config = TrainingConfig(epochs=2, learning_rate=0.8, warmup_epochs=1, schedule="cosine")
    rate = make_rate(config, steps=4)
    values = [float(rate.schedule(step)) for step in range(9)]
    assert values[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8])
    assert values[7] == values[8] == pytest.approx(0.8 * 0.5 * (1 + np.cos(np.pi * 0.75)))
    rate.scale(0.5)
    assert float(rate.schedule(0)) == pytest.approx(0.1)


def losses_until_stop(plateau: Plateau, losses: list[float]) -> tuple[int, list[float]]:
    factors = []
    for epoch, loss in enumerate(losses):
        stop = plateau.after_epoch(epoch, loss)
        factors.append(plateau.factor)
        if stop:
            return epoch, factors
    return len(losses), factors


def test_a_plateau_lowers_the_rate_and_only_then_the_training_ends() -> None:
    config = TrainingConfig(epochs=100, schedule="plateau", patience=3, stop_patience=2, decay=0.5)
    stopped, factors = losses_until_stop(Plateau(config), [1.0, 0.5, *[0.6] * 20])
    assert stopped == 6
    assert factors == [1, 1, 1, 1, 0.5, 0.5, 0.5]


def test_the_recipe_s_own_patience_ends_a_training_that_learns_nothing_more() -> None:
    config = TrainingConfig(**RECIPES["adaptive"] | {"augment": AugmentConfig(), "search": SearchConfig()})
    assert (config.patience, config.stop_patience) == (5, 5)
    stopped, factors = losses_until_stop(Plateau(config), [2.0, 1.0, 0.5, *[0.6] * 190])
    assert stopped == 2 + 5 + 5
    assert factors == pytest.approx([1] * 7 + [0.1] * 6)


@pytest.mark.parametrize(("patience", "stop"), [(3, 2), (5, 5), (3, 10), (2, 7), (10, 3)])
def test_a_training_ends_whatever_the_two_patiences_are(patience: int, stop: int) -> None:
    config = TrainingConfig(epochs=200, schedule="plateau", patience=patience, stop_patience=stop)
    stopped, factors = losses_until_stop(Plateau(config), [1.0, *[2.0] * 199])
    assert stopped == patience + stop
    assert factors[-1] < 1


def test_progress_at_a_lower_rate_puts_the_end_off() -> None:
    config = TrainingConfig(epochs=200, schedule="plateau", patience=5, stop_patience=5)
    losses = [1.0, *[2.0] * 8, 0.5, *[2.0] * 100]
    assert losses_until_stop(Plateau(config), losses)[0] == 9 + 5


def test_a_rate_falls_to_a_thousandth_and_no_further() -> None:
    config = TrainingConfig(epochs=200, schedule="plateau", patience=1)
    _, factors = losses_until_stop(Plateau(config), [1.0, *[2.0] * 199])
    assert min(factors) == pytest.approx(1e-3)


def test_noise_of_early_epochs_neither_counts_as_progress_nor_in_the_warm_up() -> None:
    config = TrainingConfig(epochs=100, schedule="plateau", warmup_epochs=3, patience=2)
    _, factors = losses_until_stop(Plateau(config), [0.5, 0.9, 0.9, 0.49999, 0.49998])
    assert factors == pytest.approx([1, 1, 1, 1, 0.1])


def test_a_decay_that_noise_puts_off_comes_after_three_quarters() -> None:
    config = TrainingConfig(epochs=8, schedule="plateau", patience=5)
    _, factors = losses_until_stop(Plateau(config), [0.9**n for n in range(8)])
    assert factors == pytest.approx([1, 1, 1, 1, 1, 0.1, 0.1, 0.1])


def test_early_stopping_works_with_other_schedules_too() -> None:
    config = TrainingConfig(epochs=50, schedule="cosine", stop_patience=3)
    plateau = Plateau(config)
    assert losses_until_stop(plateau, [1.0, 0.5, 0.6, 0.4, 0.5, 0.5, 0.5, 0.1])[0] == 6
    assert plateau.best_epoch == 3


def test_a_loss_of_another_task_is_refused_with_one_that_fits() -> None:
    with pytest.raises(InputError, match="focal is not for regression") as caught:
        loss_name(TrainingConfig(loss="focal"), "regression")
    assert 'loss = "mse"' in str(caught.value.hint)
    with pytest.raises(InputError, match="huber is not for classification"):
        loss_name(TrainingConfig(loss="huber"), "classification")


def test_labels_are_one_hot_only_where_they_must_be() -> None:
    assert not takes_one_hot(TrainingConfig(), labelled())
    assert takes_one_hot(TrainingConfig(label_smoothing=0.1), labelled())
    assert takes_one_hot(TrainingConfig(augment=AugmentConfig(cutmix=1.0)), labelled())
    assert not takes_one_hot(TrainingConfig(augment=AugmentConfig(mixup=1.0)), targets())


TRUTH = np.eye(3, dtype=np.float32)
SHARES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]], np.float32)
RIGHT = np.array([0.7, 0.8, 0.4])


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize(
    ("config", "truth", "expected"),
    [
        (TrainingConfig(), np.arange(3), np.mean(-np.log(RIGHT))),
        (
            TrainingConfig(label_smoothing=0.3),
            TRUTH,
            np.mean(np.sum(-(0.7 * TRUTH + 0.1) * np.log(SHARES), axis=1)),
        ),
        (TrainingConfig(loss="focal", focal_gamma=2.0), TRUTH, np.mean(-((1 - RIGHT) ** 2) * np.log(RIGHT))),
    ],
    ids=["cross_entropy", "label smoothing", "focal"],
)
def test_losses_of_classes_are_their_formulas(config: Any, truth: Any, expected: float) -> None:
    assert float(make_loss(config, labelled())(truth, SHARES)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_am_softmax_is_cross_entropy_with_the_margin_off_the_right_cosine() -> None:
    cosine = np.array([[0.9, -0.2, 0.1]], np.float32)
    logits = 10 * (cosine - 0.35 * TRUTH[:1])
    expected = np.log(np.exp(logits).sum()) - logits[0, 0]
    assert float(am_softmax(0.35, 10.0)(TRUTH[:1], cosine)) == pytest.approx(float(expected), rel=1e-3)


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize(
    ("name", "expected"), [("mse", (0.25 + 9) / 2), ("mae", 1.75), ("huber", (0.125 + 2.5) / 2)]
)
def test_losses_of_targets_are_their_formulas(name: Any, expected: float) -> None:
    loss = make_loss(TrainingConfig(loss=name), targets())
    truth, output = np.zeros((2, 1), np.float32), np.array([[0.5], [3.0]], np.float32)
    assert float(loss(truth, output)) == pytest.approx(expected)


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "adagrad"])
def test_weights_decay_as_the_optimizer_s_name_says_but_neither_biases_nor_norms(name: Any) -> None:
    """Apart from the gradient a decay is the same whatever the gradient; in it, it is a gradient itself."""
    zeros = dict.fromkeys(("hidden/kernel", "hidden/bias", "norm/gamma", "norm/beta", "output/kernel"), 0.0)
    by_hand = {path: 0.1 if path.endswith("kernel") else 0.0 for path in zeros}
    if name == "adamw":
        expected = {"hidden/kernel": 0.95, "output/kernel": 0.95}
        assert _moved(_after_a_step(name, 0.1, zeros)) == pytest.approx(expected)
        return
    decayed = _after_a_step(name, 0.1, zeros)
    assert decayed == pytest.approx(_after_a_step(name, 0.0, by_hand))
    assert set(_moved(decayed)) == {"hidden/kernel", "output/kernel"}


def _moved(after: dict[str, float]) -> dict[str, float]:
    return {path: value for path, value in after.items() if value != 1}


def _after_a_step(name: Any, decay: float, gradients: dict[str, float]) -> dict[str, float]:
    """The mean of each variable, all of which were 1, after a step of rate 0.5 with these gradients."""
    keras = load_extra("keras")
    inputs = keras.Input((2,))
    x = keras.layers.BatchNormalization(name="norm")(keras.layers.Dense(3, name="hidden")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, name="output")(x))
    for variable in model.trainable_variables:
        variable.assign(np.ones(variable.shape))
    config = TrainingConfig(optimizer=name, weight_decay=decay)
    each = [np.full(v.shape, gradients.get(v.path, 0.0), np.float32) for v in model.trainable_variables]
    tensors = [keras.ops.convert_to_tensor(gradient) for gradient in each]
    make_optimizer(config, 0.5, model).apply(tensors, model.trainable_variables)
    return {v.path: float(np.mean(v)) for v in model.trainable_variables}
