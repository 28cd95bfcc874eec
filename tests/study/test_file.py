# SPDX-License-Identifier: Apache-2.0
"""A study's file: what stands beneath the recipes, and faults with their lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.study_cells import STUDY, write_study

from toolkit.errors import InputError
from toolkit.study.cells import cells_of, project_of
from toolkit.study.file import load_study

PLAIN = STUDY.format(seeds=[1])


def study_of(folder: Path, text: str) -> Path:
    write_study(folder)
    path = folder / "study.toml"
    path.write_text(text)
    return path


def test_what_stands_under_training_is_beneath_each_recipe_and_above_its_own_numbers(tmp_path: Path) -> None:
    common = "\n[training]\nepochs = 7\n[training.search]\ntrials = 3\n"
    study = load_study(study_of(tmp_path, PLAIN.replace("[recipes.baseline]", common + "[recipes.baseline]")))
    adaptive = study.recipes["adaptive"]
    assert (adaptive.epochs, adaptive.sam, adaptive.search.method, adaptive.search.trials) == (
        7,
        0.05,
        "tpe",
        3,
    )
    assert study.recipes["baseline"].epochs == 7
    own = PLAIN.replace('recipe = "adaptive"', 'recipe = "adaptive"\nepochs = 9') + common
    assert load_study(study_of(tmp_path, own)).recipes["adaptive"].epochs == 9


def test_each_model_is_trained_on_each_data_set_or_on_those_that_name_it(tmp_path: Path) -> None:
    text = PLAIN + '\n[data.other]\nsource = "digits"\nmodels = ["large"]\n'
    cells = cells_of(load_study(study_of(tmp_path, text)))
    found = {(cell.data, cell.model) for cell in cells}
    assert found == {("rows", "small"), ("rows", "large"), ("other", "large")}
    assert len(cells) == 6
    project = project_of(load_study(tmp_path / "study.toml"), cells[-1])
    assert (project.data.source, project.training.recipe, project.root) == ("digits", "adaptive", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('family = "mlp"', 'famly = "mlp"', r"study.toml:10: models.small.famly: unknown key. Did you mean"),
        ("seeds = [1]", "seeds = [1, 1]", "seeds .1, 1. must be different numbers"),
        (
            "seeds = [1]",
            'seeds = [1]\nagainst = "baselin"',
            r"toml: study.against: 'baselin' .*baseline",
        ),
        ("seeds = [1]", 'seeds = [1]\nablate = ["no"]', "ablate: 'no' is not there"),
        (
            'source = "numpy"',
            'source = "numpy"\nmodels = ["smal"]',
            "models of data.rows: 'smal' is not there",
        ),
        (
            "[recipes.baseline]",
            "[training]\nepoch = 3\n[recipes.baseline]",
            "16: training.epoch: unknown key",
        ),
        ("[recipes.baseline]", "[recipes.baseline]\nepochs = 0", "recipes.baseline: epochs, .* at least 1"),
        ("[recipes.baseline]", '[recipes.baseline]\nprune.macs = "90%"', "prune and qat come after"),
        ('name = "farm"', 'name = "a/b"', "name 'a/b' must be letters"),
    ],
)
def test_a_fault_is_named_where_it_stands(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_study(study_of(tmp_path, PLAIN.replace(old, new, 1)))


def test_data_that_are_not_there_are_named_by_their_section(tmp_path: Path) -> None:
    text = PLAIN.replace('source = "numpy"', 'source = "image_folder"').replace(
        'file = "rows.npz"', 'folder = "no"'
    )
    with pytest.raises(InputError, match=r"study.toml: data.rows: there is no folder"):
        cells_of(load_study(study_of(tmp_path, text)))
    for source, options, missing in (
        ("python", 'function = "mine:load"', r"mine\.py"),
        ("csv", 'file = "no.csv"\ntarget = ["t"]', r"no\.csv"),
        ("svhn", 'folder = "."', r"train_32x32\.mat"),
    ):
        text = PLAIN.replace('source = "numpy"', f'source = "{source}"').replace('file = "rows.npz"', options)
        with pytest.raises(InputError, match=rf"study.toml: data.rows: there is no .*{missing}"):
            cells_of(load_study(study_of(tmp_path, text)))


def test_a_cell_is_what_it_is_by_content_whatever_else_stands_in_the_file(tmp_path: Path) -> None:
    keys = {(c.data, c.model, c.recipe): c.key for c in cells_of(load_study(study_of(tmp_path, PLAIN)))}
    assert len(set(keys.values())) == 4
    more = (
        PLAIN.replace("seeds = [1]", "seeds = [1, 2]")
        + '\n[models.third]\nfamily = "mlp"\n[models.third.options]\nunits = [2]\n'
    )
    again = {
        (c.data, c.model, c.recipe): c.key
        for c in cells_of(load_study(study_of(tmp_path, more)))
        if c.seed == 1
    }
    assert again == {**again, **keys}
    changed = PLAIN.replace("units = [64]", "units = [65]")
    others = {(c.data, c.model, c.recipe): c.key for c in cells_of(load_study(study_of(tmp_path, changed)))}
    assert {key for key in keys if others[key] != keys[key]} == {k for k in keys if k[1] == "large"}
    np.savez(tmp_path / "rows.npz", x=np.eye(20, dtype=np.float32), y=np.arange(20) % 2)
    (tmp_path / "study.toml").write_text(PLAIN)
    assert not {c.key for c in cells_of(load_study(tmp_path / "study.toml"))} & set(keys.values())


def test_the_study_of_the_documents_can_be_read() -> None:
    study = load_study(Path(__file__).parents[2] / "docs" / "studies" / "small.toml")
    assert len(study.data) == 12
    assert all(len(study.models_of(name)) == 1 for name in study.data)
