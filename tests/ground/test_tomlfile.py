# SPDX-License-Identifier: Apache-2.0
"""Project and board files: what does not belong is an error with line, reason and nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.project.config import Project, load_project

GOOD = """\
[project]
name = "demo"
seed = 7

[data]
source = "digits"

[model]
family = "cnn"
"""


def load(tmp_path: Path, text: str) -> Project:
    (tmp_path / "tinyml.toml").write_text(text, encoding="utf-8")
    return load_project(tmp_path)


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    project = load(tmp_path, GOOD)
    assert (project.name, project.project.seed, project.root) == ("demo", 7, tmp_path)
    assert project.firmware.board == "nano33ble"
    assert project.build_dir == tmp_path / "build"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seed = 7", "sed = 7", r"tinyml.toml:3: project.sed: unknown key. Did you mean seed\?"),
        (
            "seed = 7",
            'board = "host"',
            r"project.board: unknown key. It belongs in the section \[firmware\]\.",
        ),
        ("[model]", "[modell]", r"modell: unknown key. Did you mean model\?"),
        ("seed = 7", 'seed = "7"', r"tinyml.toml:3: project.seed: must be a whole number, not '7'"),
        ("seed = 7", "seed = true", r"must be a whole number, not True"),
        ("seed = 7", "seed = -1", r"tinyml.toml:1: project: seed -1 must be between"),
        ('name = "demo"', 'name = "my-model"', r"must start with a letter"),
        ('source = "digits"', "source = 3", r"data.source: must be text, not 3"),
        ('source = "digits"', "", r"tinyml.toml:5: data.source: source is missing"),
        (
            'source = "digits"',
            'source = "digits"\nsplit = [0.5, 0.5]',
            r"must be three numbers that add up to 1",
        ),
        (
            'source = "digits"',
            'source = "digits"\nsplit = [nan, 0.5, 0.5]',
            r"must be three numbers that add up to 1",
        ),
        ("[model]", "[firmware]\nsamples = -3\n[model]", r"samples -3 must be from 1 to 1000"),
        ("[model]", "[training]\nskip_epochs = 50\n[model]", r"skip_epochs 50 must be"),
        ("[model]", "[training]\nepochs = 0\n[model]", r"epochs, epoch_steps and batch_size must be"),
        ("[model]", "[training]\nlearning_rate = 0\n[model]", r"learning_rate 0 must be"),
        ("[model]", "[quantization]\nsamples = 0\n[model]", r"samples 0 must be from 1 to 1000000"),
        (
            "[model]",
            '[training]\noptimizer = "adm"\n[model]',
            r"'adm' is not known. Did you mean adam or",
        ),
        ("[model]", '[firmware]\napplication = "sin"\n[model]', r"Did you mean sine\?"),
        ("[data]", "[data", r"is not valid TOML: .*line 5"),
        ("[data]", "data = 3\n[model2]", r"data: must be a table, not 3|unknown key"),
        ('family = "cnn"', 'family = "cnn"\ncompare = 3', r"model.compare: must be a list, not 3"),
        (
            'family = "cnn"',
            'family = "cnn"\n[training.transfer]\nsteps = 3',
            r"tinyml.toml: training.transfer is for",
        ),
    ],
)
def test_what_does_not_belong_is_named_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load(tmp_path, GOOD.replace(old, new))


def test_numbers_may_be_whole_where_real_ones_are_meant(tmp_path: Path) -> None:
    project = load(tmp_path, GOOD + "[training]\nlearning_rate = 1\n")
    assert project.training.learning_rate == 1.0


def test_nested_arrays_of_tables_become_tuples(tmp_path: Path) -> None:
    text = GOOD + '[[model.compare]]\nfamily = "mlp"\noptions = {units = [16]}\n'
    (choice,) = load(tmp_path, text).model.compare
    assert (choice.family, choice.options) == ("mlp", {"units": [16]})


def test_an_empty_folder_says_how_to_make_a_project(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no tinyml.toml") as caught:
        load_project(tmp_path)
    assert "tinyml new" in (caught.value.hint or "")


def test_bytes_that_are_not_text_are_named(tmp_path: Path) -> None:
    (tmp_path / "tinyml.toml").write_bytes(b"[project]\nname = '\xff'\n")
    with pytest.raises(InputError, match="not UTF-8 text: byte 18"):
        load_project(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    from toolkit.targets.board import Board
    from toolkit.tomlfile import load as load_toml

    with pytest.raises(InputError, match="cannot read"):
        load_toml(tmp_path / "none.toml", Board)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "options = 3\nfamily = mlp2\n", None),
        (GOOD + 'family = "mlp"\n', "family stands twice: in line 9 and in line 10. Try: one of the two"),
        (GOOD + "[data]\nsplit = [1, 1, 1]\n", "[data] stands twice: in line 5 and in line 10"),
    ],
)
def test_what_stands_twice_is_said_with_both_lines(tmp_path: Path, text: str, words: str | None) -> None:
    with pytest.raises(InputError, match="is not valid TOML") as caught:
        load(tmp_path, text)
    assert (words in str(caught.value.hint)) if words else ("twice" not in str(caught.value.hint))
