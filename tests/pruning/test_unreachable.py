# SPDX-License-Identifier: Apache-2.0
"""A target that cannot be reached: what is said of it, and what is advised, fits the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.data import Dataset, Split
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import load_project
from toolkit.project.pruning import PruneConfig
from toolkit.project.recipe import TrainingConfig
from toolkit.pruning.goals import Goals
from toolkit.pruning.importance import sizes
from toolkit.pruning.order import Floors
from toolkit.pruning.prune import PrunedModel, prune_model
from toolkit.pruning.record import pruning_json
from toolkit.pruning.structure import total, trace
from toolkit.report.pruning import pruning_lines
from toolkit.sizing.cost import Cost
from toolkit.targets.board import load_board
from toolkit.training.once import Setting

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING),
    pytest.mark.xdist_group("pruning"),
]


def model_of(*channels: int) -> Any:
    """Return dense layers of so many channels, of four inputs."""
    keras = load_extra("keras")
    inputs = x = keras.Input((4,))
    for number, count in enumerate(channels):
        x = keras.layers.Dense(count, name=f"dense_{number}")(x)
    return keras.Model(inputs, x)


def said_of(model: Any, target: str, least: float) -> tuple[str, str]:
    """Return the message and the hint for a target of products that is not reached."""
    structure, config = trace(model), PruneConfig(macs=target, least=least)
    macs = total(structure.macs, structure.all_kept())
    before = Cost(macs, model.count_params(), 0, 0, 0, in_patches=False)
    most = {"macs": config.targets["macs"].of(macs)}
    goals = Goals(load_board("nano33ble"), "int8", config, before, most, counts_macs=True)
    with pytest.raises(InputError) as error:
        goals.removals(structure, sizes(structure, "l1"), Floors.of(structure, least))
    return error.value.message, str(error.value.hint)


def test_how_far_pruning_gets_is_said_in_what_was_asked_for() -> None:
    message, hint = said_of(model_of(20, 3), "1%", 0.5)
    assert message == "macs: pruning reaches 70 MACs; 1 were asked for (1% of 140)."
    assert "a higher target, from 50% on, a lower least in the section [training.prune], or a smaller" in hint


def test_a_lower_least_is_advised_only_where_it_would_help() -> None:
    message, hint = said_of(model_of(20, 3), "0.0001%", 0.0)
    assert message == "macs: pruning reaches 7 MACs; 0 were asked for (0.0001% of 140)."
    assert hint == "Try: a higher target, from 5% on, or a smaller model"


def test_a_model_without_a_channel_to_spare_is_told_so() -> None:
    message, hint = said_of(model_of(1, 3), "50%", 0.1)
    assert message.endswith("3 were asked for (50% of 7). No layer has a channel to spare.")
    assert hint == "Try: a smaller model"


def pruned(model: Any, folder: Path, config: PruneConfig) -> tuple[Dataset, PrunedModel]:
    """Return samples by chance, and a model that is pruned on them."""
    text = '[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n'
    (folder / "tinyml.toml").write_text(text, encoding="utf-8")
    project, rng = load_project(folder), np.random.default_rng(1)
    split = Split(rng.random((9, 4), np.float32), rng.random((9, 3), np.float32))
    dataset = Dataset("p", "regression", split, split, split, ())
    setting = Setting.of(project, dataset, project.model)
    return dataset, prune_model(model, setting, TrainingConfig(prune=config), load_board("nano33ble"))


def test_a_model_of_an_output_layer_alone_is_told_what_to_try(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no channels that could be removed") as error:
        pruned(model_of(3), tmp_path, PruneConfig(macs="50%"))
    assert str(error.value.hint).startswith("Try: a model with a layer in front of its last one")


def test_a_model_within_its_target_stays_whole_and_that_is_all_that_is_said(tmp_path: Path) -> None:
    dataset, found = pruned(model_of(5, 3), tmp_path, PruneConfig(ram="1k"))
    assert [width.after for width in found.widths] == [5]
    said = list(pruning_lines(json.loads(pruning_json(dataset, found, ""))))
    arena = f"{found.before.arena_bytes} bytes of arena"
    assert said == [f'nothing to prune: the whole model is already within ram = "1k" ({arena}).']
