# SPDX-License-Identifier: Apache-2.0
"""[training]: what a recipe sets, what the user's keys win over, and wrong ones."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from toolkit.errors import InputError
from toolkit.project.config import Project, load_project
from toolkit.project.recipe import (
    RECIPES,
    AugmentConfig,
    DistillConfig,
    SearchConfig,
    TrainingConfig,
    TransferConfig,
)

PAGE = Path(__file__).parents[2] / "docs" / "training.md"


def project_with(folder: Path, training: str) -> Project:
    text = (
        f'[project]\nname = "p"\n[data]\nsource = "sine"\n[model]\nfamily = "mlp"\n[training]\n{training}\n'
    )
    (folder / "tinyml.toml").write_text(text)
    return load_project(folder)


def test_a_recipe_sets_what_the_user_has_not_set(tmp_path: Path) -> None:
    training = project_with(tmp_path, 'recipe = "adaptive"\nsam = 0.1').training
    assert (training.sam, training.epochs, training.stop_patience) == (0.1, 200, 5)
    assert (training.weight_decay, training.schedule) == (5e-4, "plateau")


def test_a_users_table_is_merged_with_the_recipes(tmp_path: Path) -> None:
    training = project_with(tmp_path, 'recipe = "adaptive"\n[training.augment]\nshift = 0.1').training
    assert (training.augment.shift, training.augment.augmix, training.augment.flip) == (
        0.1,
        1.0,
        "horizontal",
    )
    assert training.search == SearchConfig(method="tpe", trials=15, epochs=6)


def test_the_baseline_is_that_of_its_paper(tmp_path: Path) -> None:
    training = project_with(tmp_path, 'recipe = "baseline"').training
    assert (training.epochs, training.weight_decay) == (200, 5e-4)
    assert set(training.augment.used) == {"flip", "crop", "colour", "rotation"}


@pytest.mark.parametrize(
    ("kind", "used"),
    [
        ("pictures", {"flip", "crop", "rotation", "augmix"}),
        ("sound", {"jitter", "time_shift"}),
        ("series", {"jitter", "scale"}),
        ("rows", {"jitter"}),
    ],
)
def test_the_adaptive_recipe_changes_samples_as_fits_their_kind(
    kind: Any, used: set[str], tmp_path: Path
) -> None:
    training = project_with(tmp_path, 'recipe = "adaptive"').training
    assert set(training.augment.fitting("adaptive", kind).used) == used


def test_what_the_user_switched_on_or_off_stays_with_any_kind(tmp_path: Path) -> None:
    asked = 'recipe = "adaptive"\n[training.augment]\nflip = ""\nzoom = 0.3\ncrop = 0.1'
    augment = project_with(tmp_path, asked).training.augment
    assert set(augment.fitting("adaptive", "pictures").used) == {"zoom", "crop", "rotation", "augmix"}
    assert {"zoom", "crop"} <= set(augment.fitting("adaptive", "rows").used)


def test_without_a_recipe_nothing_changes(tmp_path: Path) -> None:
    assert project_with(tmp_path, "epochs = 50").training == TrainingConfig()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('recipe = "adaptiv"', r"tinyml.toml:8: training.recipe: .*Did you mean adaptive"),
        ('optimizer = "adamm"', r"tinyml.toml:8: training.optimizer: .*Did you mean adam"),
        ("momentun = 0.9", r"tinyml.toml:8: training.momentun: unknown key. Did you mean momentum"),
        ("sam = -1.0", r"tinyml.toml:7: training: sam -1 must be at least 0 and less than 10"),
        ("warmup_epochs = 50", "warmup_epochs 50 must be 0 or more, and less than epochs"),
        ("patience = 0", "decay_epochs and patience must be at least 1"),
        ("[training.augment]\nrotate = 3.0", r"training.augment.rotate: unknown key. Did you mean rotation"),
        ("[training.augment]\nmixup = 11.0", "mixup 11 must be from 0 to 10"),
        ("epochs = 1000001", "epochs 1000001 must be at most 1000000"),
        ("batch_size = 1000001", "batch_size 1000001 must be at most 1000000"),
        ("[training.transfer]\nstep_epochs = 9000000", "step_epochs must be at most 1000000"),
        ("[training.search]\ntrials = 0", "trials and epochs must be from 1 to 100"),
        ("[training.search]\nlow = 0.1\nhigh = 0.01", "must be rates, low below high"),
    ],
)
def test_wrong_keys_and_values_are_errors_with_the_nearest_right_one(
    wrong: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        project_with(tmp_path, wrong)


def keys_of(schema: type[Any], table: dict[str, Any]) -> set[str]:
    return set(table) - {f.name for f in dataclasses.fields(schema)}


def test_recipes_set_only_keys_that_there_are() -> None:
    for recipe in RECIPES.values():
        assert keys_of(TrainingConfig, recipe) == set()
        assert keys_of(AugmentConfig, recipe.get("augment", {})) == set()
        assert keys_of(SearchConfig, recipe.get("search", {})) == set()


def documented(section: str) -> dict[str, str]:
    """Key and default of each row of the table below the heading of a section of docs/training.md."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n### `[{section}]`", 1)[1].split("\n#", 1)[0]
    return dict(re.findall(r"(?m)^\| `(\w+)` \| `(.+?)` \|", text))


@pytest.mark.parametrize(
    ("section", "schema"),
    [
        ("training", TrainingConfig),
        ("training.augment", AugmentConfig),
        ("training.search", SearchConfig),
        ("training.distill", DistillConfig),
        ("training.transfer", TransferConfig),
    ],
)
def test_the_tables_of_the_documentation_are_those_of_the_code(section: str, schema: type[Any]) -> None:
    simple = (str, int, float, bool, tuple)
    fields = [f for f in dataclasses.fields(schema) if isinstance(f.default, simple)]
    defaults = {f.name: f'"{f.default}"' if isinstance(f.default, str) else f"{f.default}" for f in fields}
    defaults = {name: "[]" if default == "()" else default for name, default in defaults.items()}
    assert documented(section) == defaults
