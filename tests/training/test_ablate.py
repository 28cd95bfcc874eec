# SPDX-License-Identifier: Apache-2.0
"""Ablation: every part that is on is turned off once, and nothing but it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.data import Dataset, Split
from toolkit.project.config import load_project
from toolkit.project.pruning import PruneConfig
from toolkit.project.recipe import AugmentConfig, DistillConfig, SearchConfig, TrainingConfig
from toolkit.training.ablate import model_parts, parts_of
from toolkit.training.once import Setting

TINYML_TOML = """
[project]
name = "p"
[data]
source = "sine"
[data.options]
samples = 60
[model]
family = "mlp"
[model.options]
units = [4]
[training]
epochs = 2
"""
PLAIN = 'scale_targets = false\nschedule = "constant"\nwarmup_epochs = 0\n'


def test_the_adaptive_recipe_comes_apart_into_its_parts() -> None:
    config = TrainingConfig(**{k: v for k, v in TrainingConfig.complete({"recipe": "adaptive"}).items()
                               if k not in ("augment", "search")},
                            augment=AugmentConfig(augmix=1.0), search=SearchConfig("tpe"))  # fmt: skip
    parts = parts_of(config)
    assert set(parts) == {
        "sam", "schedule", "warmup_epochs", "stop_patience", "weight_decay", "search", "augment.augmix",
    }  # fmt: skip
    assert parts["sam"].sam == 0
    assert parts["sam"].weight_decay == config.weight_decay
    assert parts["augment.augmix"].augment == AugmentConfig()


@pytest.mark.parametrize(
    ("part", "config"),
    [("peers", TrainingConfig(peers=2)), ("distill", TrainingConfig(distill=DistillConfig(family="mlp")))],
)
def test_peers_and_a_teacher_are_parts_too(part: str, config: TrainingConfig) -> None:
    parts = parts_of(config)
    assert part in parts
    assert (parts[part].peers, parts[part].distill.is_on) == (0, False)
    assert part not in parts_of(TrainingConfig())


def test_pruning_is_a_part_too() -> None:
    parts = parts_of(TrainingConfig(prune=PruneConfig(macs="50%")))
    assert not parts["prune"].prune.is_on
    assert "prune" not in parts_of(TrainingConfig())


def setting_of(folder: Path, model: str) -> Setting:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\n{model}\n', encoding="utf-8"
    )
    project = load_project(folder)
    split = Split(np.zeros((2, 1), np.float32), np.zeros((2, 1), np.float32))
    return Setting(project, Dataset("sine", "regression", split, split, split, ()), project.model, "m")


@pytest.mark.parametrize(
    ("model", "training", "from_training", "from_model"),
    [
        ('family = "mlp"', -1.0, [], []),
        ('family = "mlp"', 0.2, ["dropout"], []),
        ('family = "mlp"\n[model.options]\ndropout = 0.3', 0.2, [], ["model.options.dropout"]),
        ('family = "cnn"', -1.0, [], ["model.options.dropout"]),
        ('family = "cnn"', 0.0, [], []),
        ('base = "VGG16"', -1.0, [], ["model.options.dropout"]),
        ('family = "mlp"\n[model.options]\ndropout = 0.0', 0.2, [], []),
        (
            'python = "m:f"\n[model.options]\nl2 = 0.1\ndropout = 0\nunits = 3',
            0.2,
            [],
            ["model.options.l2"],
        ),
    ],
)
def test_dropout_is_turned_off_where_it_comes_from(
    model: str, training: float, from_training: list[str], from_model: list[str], tmp_path: Path
) -> None:
    setting = setting_of(tmp_path, model)
    config = TrainingConfig(dropout=training, schedule="constant", warmup_epochs=0)
    assert list(parts_of(config, takes_dropout=setting.takes_dropout)) == from_training
    others = model_parts(setting, config)
    assert list(others) == from_model
    for name, without in others.items():
        assert without.choice.options[name.removeprefix("model.options.")] == 0
        assert model_parts(without, config) == {}


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_the_command_trains_with_everything_and_without_each_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TINYML_TOML.replace("units = [4]", "units = [4]\ndropout = 0.2")
    (tmp_path / "tinyml.toml").write_text(text + "sam = 0.05\nweight_decay = 0.1\nwarmup_epochs = 0\n")
    capsys.readouterr()
    assert run(["ablate", "--project", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["metric"] == "mae"
    assert [result["part"] for result in said["results"]] == [
        "",
        "sam",
        "schedule",
        "weight_decay",
        "scale_targets",
        "model.options.dropout",
    ]
    assert len({result["loss"] for result in said["results"]}) == 6
    assert not (tmp_path / "build" / ".ablation").exists()


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_with_nothing_to_turn_off_it_says_what_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tinyml.toml").write_text(TINYML_TOML + PLAIN)
    assert run(["ablate", "--project", str(tmp_path)]) == 3
    assert 'recipe = "adaptive"' in capsys.readouterr().err
