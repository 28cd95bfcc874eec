# SPDX-License-Identifier: Apache-2.0
"""Where a search looks: every option of every family has values to try, or a reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from toolkit import tomlfile
from toolkit.errors import UsageError
from toolkit.models import Shape, model_options
from toolkit.models.registry import families, find_family
from toolkit.project.config import load_project
from toolkit.search.changes import changed, project_from
from toolkit.search.dimensions import NOT_SEARCHED, model_dimensions
from toolkit.search.space import Space, space_of

PICTURE = Shape("classification", (32, 32, 1), 10)
DIGITS = """
[project]
name = "p"
[data]
source = "digits"
[model]
family = "cnn"
[model.options]
filters = [8, 24]
[training]
epochs = 7
schedule = "step"
batch_size = 64
[training.search]
method = "tpe"
"""
SOUND = """
[project]
name = "p"
[data]
source = "audio_folder"
[data.options]
folder = "data"
features = "{features}"
[model]
family = "ds_cnn"
"""


class Chooser:
    """Answers as a trial: with what is given, else with the last of the choices, or the high end."""

    def __init__(self, **given: Any) -> None:
        self.given = given
        self.asked: list[str] = []

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        self.asked.append(name)
        return float(self.given.get(name, high))

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        self.asked.append(name)
        return self.given.get(name, choices[-1])


def space_in(folder: Path, text: str, **options: Any) -> tuple[Space, Mapping[str, Any], Path]:
    file = folder / "tinyml.toml"
    file.write_text(text, encoding="utf-8")
    table = tomlfile.load_table(file)
    return space_of(load_project(folder), table, PICTURE, **options), table, file


@pytest.mark.parametrize("name", sorted(families()))
def test_every_option_of_a_family_has_values_or_a_reason(name: str) -> None:
    family = find_family(name)
    found = model_dimensions(family, family.example)
    others = {option.name for option in fields(family.options)} - set(found)
    assert others <= set(NOT_SEARCHED)


@pytest.mark.parametrize("name", sorted(families()))
def test_the_first_and_the_last_of_all_values_are_options_of_the_family(name: str) -> None:
    family = find_family(name)
    found = model_dimensions(family, family.example)
    for end in (0, -1):
        values = {
            key: getattr(each, "values", (getattr(each, "low", 0), getattr(each, "high", 0)))[end]
            for key, each in found.items()
        }
        family.options(**values)


def test_a_small_picture_is_not_made_smaller_than_8_pixels() -> None:
    cnn = find_family("cnn")
    assert "resolution" not in model_dimensions(cnn, (8, 8, 1))
    assert model_dimensions(cnn, (16, 16, 1))["resolution"].low == 0.5  # type: ignore[union-attr]


def test_what_is_tried_of_the_projects_own_family_lies_around_its_own_options(tmp_path: Path) -> None:
    space, table, file = space_in(tmp_path, DIGITS)
    chooser = Chooser(family="cnn", recipe="own", rate=0.5, **{"cnn.filters": "8x24x24"})
    project = project_from(changed(table, space.propose(chooser)), file)
    assert project.model.options["filters"] == [8, 24, 24]
    assert project.model.options["width"] == 2
    assert project.training.schedule == "step"
    assert project.training.batch_size == 64
    assert project.training.search.method == "none"
    assert project.training.learning_rate == pytest.approx((0.0005 * 0.02) ** 0.5, rel=0.01)


def test_the_own_point_makes_the_projects_own_model_and_training(tmp_path: Path) -> None:
    text = DIGITS.replace("batch_size = 64", "batch_size = 64\nlearning_rate = 0.004")
    space, table, file = space_in(tmp_path, text)
    point = space.own_point()
    assert point is not None
    params, distributions = point
    assert params.keys() == distributions.keys()
    own = project_from(table, file)
    proposed = project_from(changed(table, space.propose(Chooser(**params))), file)
    assert model_options(proposed, proposed.model) == model_options(own, own.model)
    assert replace(proposed.training, search=own.training.search) == own.training


def test_a_family_that_is_not_tried_has_no_own_point(tmp_path: Path) -> None:
    space, *_ = space_in(tmp_path, DIGITS, only=("mlp",))
    assert space.own_point() is None


def test_another_family_takes_none_of_the_options_of_the_first(tmp_path: Path) -> None:
    space, table, file = space_in(tmp_path, DIGITS)
    project = project_from(changed(table, space.propose(Chooser(family="mlp", recipe="own"))), file)
    assert project.model.family == "mlp"
    assert set(project.model.options) == {"width", "dropout", "units"}


def test_a_recipe_goes_before_what_the_file_says_but_for_the_epochs(tmp_path: Path) -> None:
    space, table, file = space_in(tmp_path, DIGITS)
    chooser = Chooser(family="mlp", recipe="baseline", rate=1.0)
    training = project_from(changed(table, space.propose(chooser)), file).training
    assert (training.optimizer, training.schedule, training.epochs) == ("sgd", "cosine", 7)
    assert training.learning_rate == 0.2
    assert training.batch_size == 64


def test_what_is_kept_is_not_asked_for(tmp_path: Path) -> None:
    chooser = Chooser()
    space, *_ = space_in(tmp_path, DIGITS, keep=("model", "recipe"))
    assert space.propose(chooser) == {}
    space, *_ = space_in(tmp_path, DIGITS, keep=("family", "recipe"))
    space.propose(chooser)
    assert set(chooser.asked) == {"cnn.width", "cnn.dropout", "cnn.filters", "cnn.kernel"} | (
        {"cnn.resolution"} if "resolution" in space.models["cnn"] else set()
    )


def test_families_can_be_named_and_one_that_does_not_fit_the_data_is_refused(tmp_path: Path) -> None:
    space, *_ = space_in(tmp_path, DIGITS, only=("mlp", "resnet"))
    assert set(space.models) == {"mlp", "resnet"}
    with pytest.raises(UsageError, match="cnn_1d does not take samples"):
        space_in(tmp_path, DIGITS, only=("cnn_1d",))


@pytest.mark.parametrize(
    ("features", "searched"),
    [
        ("log_mel", {"hop_ms", "window_ms", "bands"}),
        ("mfcc", {"hop_ms", "window_ms", "bands", "coefficients"}),
        ("raw", set()),
    ],
)
def test_of_sound_the_features_are_searched(tmp_path: Path, features: str, searched: set[str]) -> None:
    space, table, file = space_in(tmp_path, SOUND.format(features=features))
    assert set(space.features) == searched
    project = project_from(changed(table, space.propose(Chooser())), file)
    assert {**project.data.options, **{"folder": "data", "features": features}} == project.data.options
    assert searched <= set(project.data.options)
