# SPDX-License-Identifier: Apache-2.0
"""The learning rate is found with the validation split, within bounds, and again after an interruption."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, Split, load_dataset
from toolkit.project.config import load_project
from toolkit.project.recipe import SearchConfig, TrainingConfig
from toolkit.training import Checkpoint, train_model
from toolkit.training.once import Setting
from toolkit.training.search import bounds, search_epochs, sweep, with_found_rate

TINYML_TOML = """
[project]
name = "p"
[data]
source = "sine"
[data.options]
samples = 160
[model]
family = "mlp"
[model.options]
units = [8]
"""


def setting_in(folder: Path) -> Setting:
    (folder / "tinyml.toml").write_text(TINYML_TOML)
    project = load_project(folder)
    return Setting.of(project, load_dataset(project), project.model)


def config(**search: Any) -> TrainingConfig:
    wanted = SearchConfig(**{"trials": 4, "epochs": 2, "low": 1e-5, "high": 1.0, **search})
    return TrainingConfig(optimizer="sgd", epochs=3, search=wanted)


def test_bounds_are_those_of_the_paper_for_its_families_unless_the_user_says_others() -> None:
    sgd = TrainingConfig(optimizer="sgd")
    assert bounds(sgd, "efficientnet") == (0.001, 0.01)
    assert bounds(sgd, "mobilenet_v3") == (0.005, 0.03)
    assert bounds(replace(sgd, search=SearchConfig(low=0.5, high=0.6)), "efficientnet") == (0.5, 0.6)
    assert search_epochs(replace(sgd, search=SearchConfig(method="tpe"))) == 90


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_a_grid_takes_the_rate_with_the_lowest_validation_loss(tmp_path: Path) -> None:
    setting = setting_in(tmp_path)
    found, tried, seconds = with_found_rate(setting, config(method="grid"))
    assert [rate for rate, _ in tried] == pytest.approx(
        [1e-5, 1e-5 * 10 ** (5 / 3), 1e-5 * 10 ** (10 / 3), 1]
    )
    assert found.learning_rate == min(tried, key=lambda pair: pair[1])[0]
    assert seconds > 0


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_tpe_is_repeatable_looks_at_no_test_sample_and_goes_on_after_an_interruption(tmp_path: Path) -> None:
    setting = setting_in(tmp_path)
    found, tried, _ = with_found_rate(setting, config(method="tpe"))
    assert len(tried) == 4
    assert all(1e-5 <= rate <= 1 for rate, _ in tried)

    nothing = Split(setting.dataset.test.x * float("nan"), setting.dataset.test.y)
    blind: Dataset = replace(setting.dataset, test=nothing)
    heard: list[tuple[int, int, str]] = []

    def stop(done: float, total: int, text: str = "") -> None:
        if done != int(done) or (heard and heard[-1][0] == done):  # within an epoch, as the clock says
            return
        heard.append((int(done), total, text))
        if len(heard) == 5:
            raise KeyboardInterrupt

    checkpoint = Checkpoint(tmp_path / "state.npz", "key")
    with pytest.raises(KeyboardInterrupt):
        with_found_rate(replace(setting, dataset=blind), config(method="tpe"), checkpoint, stop)
    assert heard[-1][:2] == (5, 8)
    assert "(3 of 4)" in heard[-1][2]
    heard.clear()
    again = with_found_rate(setting, config(method="tpe"), checkpoint, stop)
    assert again[:2] == (found, tried)
    assert again.seconds > 0
    assert [done for done, _, _ in heard] == [5, 6, 7, 8]


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_a_range_test_finds_a_rate_where_the_loss_falls(tmp_path: Path) -> None:
    rate, tried = sweep(setting_in(tmp_path), config(), 1e-5, 10.0)
    assert 1e-3 < rate < 2
    assert [r for r, _ in tried] == sorted(r for r, _ in tried)


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_a_trained_model_says_which_rate_was_found_and_what_was_tried(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_text(
        TINYML_TOML + '[training]\nepochs = 2\n[training.search]\nmethod = "grid"\ntrials = 2\nepochs = 1\n'
    )
    project = load_project(tmp_path)
    heard: list[tuple[int, int]] = []

    def listen(done: float, total: int, text: str = "") -> None:
        if done == int(done):
            heard.append((int(done), total))

    trained = train_model(project, load_dataset(project), on_progress=listen)
    assert trained.config.learning_rate in [rate for rate, _ in trained.tried]
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
