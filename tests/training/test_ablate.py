# SPDX-License-Identifier: Apache-2.0
"""Ablation: every part that is on is turned off once, and nothing but it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.trained import HAS_TRAIN_EXTRA, MISSING

from toolkit.cli.main import run
from toolkit.recipe import AugmentConfig, SearchConfig, TrainingConfig
from toolkit.training.ablate import parts_of

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


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_the_command_trains_with_everything_and_without_each_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tinyml.toml").write_text(TINYML_TOML + "sam = 0.05\nweight_decay = 0.1\n")
    capsys.readouterr()
    assert run(["ablate", "--project", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["metric"] == "mae"
    assert [result["part"] for result in said["results"]] == ["", "sam", "weight_decay"]
    assert len({result["loss"] for result in said["results"]}) == 3
    assert not (tmp_path / "build" / ".ablation").exists()


@pytest.mark.train
@pytest.mark.skipif(not HAS_TRAIN_EXTRA, reason=MISSING)
def test_with_nothing_to_turn_off_it_says_what_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tinyml.toml").write_text(TINYML_TOML)
    assert run(["ablate", "--project", str(tmp_path)]) == 3
    assert 'recipe = "adaptive"' in capsys.readouterr().err
