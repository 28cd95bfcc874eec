# SPDX-License-Identifier: Apache-2.0
"""One model for many: each part computes what a model of its own with its weights does."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data.dataset import Dataset, Split
from toolkit.errors import UsageError
from toolkit.models import Shape
from toolkit.models.mobilenet_v2 import MobilenetV2Options
from toolkit.project.config import load_project
from toolkit.project.recipe import TrainingConfig
from toolkit.search.one_shot import best_of, parts_for
from toolkit.search.question import Question
from toolkit.search.results import Result
from toolkit.sizing.cost import Budget
from toolkit.targets.board import load_board
from toolkit.training import Checkpoint
from toolkit.training.checkpoint import read_variables
from toolkit.training.fit import Fitting
from toolkit.training.supernet import Parts, Supernet

train = [
    pytest.mark.train,
    pytest.mark.no_cover,
    pytest.mark.xdist_group("search"),
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
]
SHAPE = Shape("classification", (9, 8, 1), 2)
PARTS = Parts.around(MobilenetV2Options(width=0.2, stages=2))
CONFIG = TrainingConfig(epochs=2, batch_size=16, learning_rate=0.1, optimizer="sgd")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Pictures that are brighter above, or below."""
    x = np.random.default_rng(0).normal(size=(48, 9, 8, 1)).astype(np.float32)
    y = np.arange(48) % 2
    x[y == 0, :4] += 1
    x[y == 1, 4:] += 1
    split = Split(x, y)
    return Dataset("p", "classification", split, split, split, ("above", "below"))


def fitting_of(net: Supernet, dataset: Dataset, config: TrainingConfig = CONFIG) -> Fitting:
    return Fitting(net.model, config, dataset, seed=1, label="all")


@pytest.fixture(scope="module")
def net(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Supernet:
    net = Supernet(PARTS, SHAPE, 1)
    place = tmp_path_factory.mktemp("net") / "net.npz"
    net.train(fitting_of(net, dataset), Checkpoint(place, "key"), lambda: False, lambda *_: None)
    return net


class TestParts:
    pytestmark = train

    @pytest.mark.parametrize("which", ["largest", "smallest", 1])
    def test_a_part_computes_what_a_model_of_its_own_does(
        self, net: Supernet, dataset: Dataset, which: str | int
    ) -> None:
        options = {"largest": PARTS.largest, "smallest": PARTS.smallest()}.get(
            str(which), PARTS.random(random.Random(which))
        )
        own = net.inherit(options, fitting_of(net, dataset))
        net.become(options)
        x = dataset.train.x
        shared = np.asarray(net.model(x, training=True))  # both by the statistics of this batch
        assert np.ptp(shared[:, 0]) > 0.01
        np.testing.assert_allclose(shared, np.asarray(own(x, training=True)), atol=1e-5)

    def test_an_interrupted_training_ends_with_the_same_weights(
        self, net: Supernet, dataset: Dataset, tmp_path: Path
    ) -> None:
        def interrupt(done: int, loss: float) -> None:
            if done == 1 and again is first:
                raise KeyboardInterrupt

        first, second = (Supernet(PARTS, SHAPE, 1) for _ in range(2))
        for again in (first, second):
            with suppress(KeyboardInterrupt):
                place = Checkpoint(tmp_path / "net.npz", "key")
                again.train(fitting_of(again, dataset), place, lambda: False, interrupt)
        pairs = zip(*(read_variables(each.model.trainable_variables) for each in (net, second)), strict=True)
        for one, other in pairs:
            np.testing.assert_allclose(one, other, atol=1e-5)

    def test_the_time_ends_it_behind_a_batch_and_for_good(self, dataset: Dataset, tmp_path: Path) -> None:
        """An epoch of many pictures is longer than the quarter of --time."""
        place, looks, epochs = Checkpoint(tmp_path / "net.npz", "key"), list[int](), list[int]()

        def is_over() -> bool:
            looks.append(1)
            return True

        for _ in range(2):
            net = Supernet(PARTS, SHAPE, 1)
            config = replace(CONFIG, batch_size=16, epochs=3)
            net.train(fitting_of(net, dataset, config), place, is_over, lambda done, _: epochs.append(done))
        assert epochs == [1]
        assert len(looks) == 2  # behind the first batch of three, and the epoch

    def test_parts_are_better_than_chance_with_weights_that_they_share(
        self, net: Supernet, dataset: Dataset
    ) -> None:
        for options in (PARTS.largest, PARTS.smallest()):
            guessed = np.asarray(net.inherit(options, fitting_of(net, dataset))(dataset.train.x)).argmax(1)
            assert np.mean(guessed == dataset.train.y) > 0.7


def test_widths_at_which_another_block_would_add_its_input_are_left_out() -> None:
    """With 0.35, 64 and 96 channels become 24 and 32; with half of that both are 16."""
    assert Parts.around(MobilenetV2Options(width=0.35, stages=5)).widths == (0.35, 0.306, 0.262, 0.219)


def test_every_part_is_of_the_family_and_no_larger_than_the_largest() -> None:
    source = random.Random(3)
    for part in [PARTS.random(source) for _ in range(50)]:
        assert part.width in PARTS.widths
        assert len(part.kernels) == len(part.repeats) == part.stages == 2
        assert all(few <= most for few, most in zip(part.repeats, PARTS.largest.repeats, strict=True))


def test_what_is_trained_lies_along_the_front() -> None:
    question = Question(load_board("nano33ble"), Budget(), "accuracy", is_timed=True)
    results = [
        Result(i, False, "", {"number": i}, (0.9 - i / 100, 20.0 - i, 100.0), "", None, 1.0)
        for i in range(10)
    ]
    assert [each["number"] for each in best_of(results, question, 3)] == [0, 2, 4]
    assert [each["number"] for each in best_of(results[:1], question, 3)] == [0]


def test_a_table_is_refused() -> None:
    project = load_project(Path(__file__).parents[2] / "examples" / "hello_sine")
    with pytest.raises(UsageError, match="does not take samples"):
        parts_for(project, Shape("regression", (1,), 1))
