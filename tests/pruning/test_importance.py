# SPDX-License-Identifier: Apache-2.0
"""Which channels go: what the loss says of them, what never changes, and what they save."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.pruning import silenced
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, Split
from toolkit.extras import load_extra
from toolkit.project.recipe import TrainingConfig
from toolkit.pruning.constants import find_constants
from toolkit.pruning.importance import sizes
from toolkit.pruning.order import Floors, fewest, removal_order
from toolkit.pruning.readings import slopes
from toolkit.pruning.rebuild import rebuild
from toolkit.pruning.structure import FIXED, Structure, total, trace
from toolkit.training.statistics import Statistics

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("pruning"),
]


def small_model() -> Any:
    keras = load_extra("keras")
    layers = keras.layers
    keras.utils.set_random_seed(1)
    inputs = keras.Input((6, 6, 1))
    x = layers.Conv2D(4, 3, use_bias=False, name="one")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(6.0)(x)
    x = layers.Conv2D(5, 1, use_bias=False, activation="relu", name="two")(x)
    x = layers.Conv2D(5, 3, padding="same", activation="relu", name="three")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="output")(x))


def set_weights(model: Any, name: str, **weights: Any) -> None:
    for key, value in weights.items():
        getattr(model.get_layer(name), key).assign(value)


def digits_of(count: int = 200) -> Dataset:
    rng = np.random.default_rng(2)
    y = rng.integers(0, 3, count)
    x = rng.random((count, 6, 6, 1)).astype(np.float32) + y[:, None, None, None].astype(np.float32) / 3
    split = Split(x, y)
    return Dataset("three", "classification", split, split, split, ("a", "b", "c"))


def label_of(structure: Structure, layer: str, channel: int) -> int:
    return int(structure.parts[layer].gives[channel])


def test_the_slope_is_what_the_loss_changes_by_when_a_channel_gets_a_little_smaller() -> None:
    keras, dataset = load_extra("keras"), digits_of(40)
    model = small_model()
    structure = trace(model)
    found = slopes(structure, dataset, TrainingConfig(), 1, None)
    part, sink = structure.parts["two"], model.get_layer("three")
    loss = keras.losses.SparseCategoricalCrossentropy(reduction="none")

    def losses() -> Any:
        return np.asarray(loss(dataset.train.y, model(dataset.train.x, training=False)), np.float64)

    kernel, before, step = np.asarray(sink.kernel).copy(), losses(), 0.01
    for channel, label in enumerate(part.gives):
        smaller = kernel.copy()
        smaller[:, :, channel] *= 1 - step
        sink.kernel.assign(smaller)
        assert np.mean(np.abs(losses() - before)) / step == pytest.approx(found[label], rel=0.1, abs=1e-4)
    sink.kernel.assign(kernel)
    assert np.ptp(found[part.gives]) > 0


def test_constant_channels_go_and_nothing_changes() -> None:
    """Zeros, what is 6 always and read by a layer without a bias, and zeros in front of padding."""
    model, dataset = small_model(), digits_of()
    set_weights(model, "norm", gamma=[1.0, 0.0, 0.0, 1.0], beta=[0.1, -1.0, 9.0, 0.2])
    two = np.abs(model.get_layer("two").kernel) * np.array([1, 1, 1, -1, 1], np.float32)
    set_weights(model, "two", kernel=two)
    structure = trace(model)
    found = find_constants(structure, dataset.train)
    gone = {label_of(structure, *each) for each in (("one", 1), ("one", 2), ("two", 3))}
    assert set(np.flatnonzero(~found.kept)) == gone
    smaller = rebuild(structure, found.kept, found.folded)
    wanted, got = (np.asarray(m(dataset.test.x, training=False)) for m in (model, smaller))
    assert np.allclose(wanted, got, atol=1e-6)
    assert smaller.get_layer("two").use_bias and np.ptp(smaller.get_layer("two").bias) > 0
    with silenced(structure, found.kept):
        assert not np.allclose(wanted, np.asarray(model(dataset.test.x, training=False)), atol=1e-3)


def test_a_constant_that_padding_would_change_at_the_border_stays() -> None:
    model, dataset = small_model(), digits_of()
    set_weights(model, "two", kernel=0 * np.asarray(model.get_layer("two").kernel).copy())
    structure = trace(model)
    three = structure.parts["three"]
    assert three.layer.padding == "same"
    found = find_constants(structure, dataset.train)
    assert int(np.sum(found.kept[three.reads])) == 1  # all are zeros: one is left, as a layer needs one
    assert not found.folded
    shifted = load_extra("keras").models.clone_model(model)
    shifted.get_layer("two").activation = load_extra("keras").activations.exponential
    shifted.get_layer("two").kernel.assign(0 * np.asarray(model.get_layer("two").kernel).copy())
    structure = trace(shifted)
    found = find_constants(structure, dataset.train)
    assert np.all(found.kept[structure.parts["three"].reads])


def test_scores_by_weights_are_of_the_channel_and_compare_between_layers() -> None:
    model = small_model()
    kernel = np.asarray(model.get_layer("one").kernel).copy()
    kernel[..., 2] *= 100
    set_weights(model, "one", kernel=kernel)
    set_weights(model, "norm", gamma=[1.0, -5.0, 0.1, 0.1])
    structure = trace(model)
    gives = structure.parts["one"].gives
    for criterion, most in (("l1", 2), ("l2", 2), ("bn", 1)):
        scores = sizes(structure, criterion)  # type: ignore[arg-type]
        assert int(np.argmax(scores[gives])) == most
        assert np.mean(scores[gives]) == pytest.approx(1) and scores[FIXED] == 0
        assert np.mean(scores[structure.parts["two"].gives]) == pytest.approx(1)


@pytest.mark.parametrize("goal", ["macs", "latency", "ram", "flash"])
def test_what_matters_least_goes_first_and_every_layer_keeps_its_least(goal: str) -> None:
    structure = trace(small_model())
    scores = np.ones(structure.count)
    weak = label_of(structure, "two", 3)  # alive while memory is fullest
    scores[weak] = 1e-9
    order = removal_order(structure, scores, goal, Floors.of(structure, 0.5))
    kept = structure.all_kept()
    kept[order] = False
    assert order[0] == weak and kept[FIXED]
    left = {name: int(np.sum(kept[structure.parts[name].gives])) for name in ("one", "two", "three")}
    assert all(left[name] >= least for name, least in (("one", 2), ("two", 3), ("three", 3)))
    assert total(structure.macs, kept) < total(structure.macs, structure.all_kept())


@pytest.mark.parametrize("wanted", [0, 1, 7, 10, 11])
def test_as_few_go_as_are_enough(wanted: int) -> None:
    order = list(range(10))
    found = fewest(order, lambda labels: len(labels) >= wanted)
    assert found == (None if wanted > len(order) else order[:wanted])


def test_the_slopes_of_one_model_after_the_other_make_tensorflow_warn_of_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = load_extra("tensorflow").get_logger()
    logger.addHandler(caplog.handler)
    try:
        for _ in range(5):
            model, dataset = small_model(), digits_of(20)
            slopes(trace(model), dataset, TrainingConfig(), 1, None)
            find_constants(trace(model), dataset.train)
            Statistics(model, dataset.train, 1).measure()
    finally:
        logger.removeHandler(caplog.handler)
    assert not caplog.records
