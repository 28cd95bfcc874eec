# SPDX-License-Identifier: Apache-2.0
"""Folders as people have them: by split, two deep, one too far up. Recognised, or refused with words."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, load_dataset
from toolkit.data.survey import survey
from toolkit.errors import InputError
from toolkit.project.config import load_project


def load(folder: Path, options: str = "", data: str = "") -> Dataset:
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "windows"\n{data}\n[data.options]\nfolder = "d"\n'
        f'window = 8\noverlap = 0.0\n{options}\n[model]\nfamily = "mlp"\n'
    )
    return load_dataset(load_project(folder))


def write(folder: Path, *places: str, files: int = 4) -> None:
    for place in places:
        (folder / "d" / place).mkdir(parents=True)
        for number in range(files):
            values = np.random.default_rng(zlib.crc32(f"{place}/{number}".encode())).normal(size=16)
            text = "x\n" + "".join(f"{value:.6f}\n" for value in values)
            (folder / "d" / place / f"{number}.csv").write_text(text)


def homes(dataset: Dataset) -> dict[str, set[str]]:
    return {name: {n.split("/")[0] for n in part.names} for name, part in dataset.splits().items()}


@pytest.mark.parametrize("names", [("train", "validation", "test"), ("Training", "val", "Testing")])
def test_folders_of_splits_say_what_is_in_which(tmp_path: Path, names: tuple[str, ...]) -> None:
    write(tmp_path, *(f"{name}/{kind}" for name in names for kind in ("cat", "dog")))
    dataset = load(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert list(homes(dataset).values()) == [{name} for name in names]
    assert any("say what is in which split" in note for note in dataset.notes)


def test_a_split_without_a_folder_gets_its_share_of_train(tmp_path: Path) -> None:
    write(tmp_path, *(f"{name}/{kind}" for name in ("train", "test") for kind in ("cat", "dog")), files=8)
    assert homes(load(tmp_path)) == {"train": {"train"}, "validation": {"train"}, "test": {"test"}}


def test_a_class_may_be_called_test(tmp_path: Path) -> None:
    write(tmp_path, "test", "idle")
    assert load(tmp_path).classes == ("idle", "test")


def test_train_and_test_without_classes_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "train", "test")
    with pytest.raises(InputError, match=r"test has no folders of classes"):
        load(tmp_path)


def test_two_levels_are_asked_about(tmp_path: Path) -> None:
    write(tmp_path, "a/abbey", "a/airport", "b/bakery")
    with pytest.raises(InputError, match=r"such as a/abbey: which of the two is the class") as caught:
        load(tmp_path)
    assert "levels = 2" in str(caught.value.hint)
    assert load(tmp_path, "levels = 2").classes == ("a/abbey", "a/airport", "b/bakery")
    assert load(tmp_path, "levels = 1").classes == ("a", "b")


def test_persons_below_classes_are_no_classes(tmp_path: Path) -> None:
    write(tmp_path, "walk/anna", "walk/ben", "run/anna", "run/ben")
    assert load(tmp_path).classes == ("run", "walk")


def test_a_folder_too_far_up_is_said(tmp_path: Path) -> None:
    write(tmp_path, "images/cat", "images/dog")
    with pytest.raises(InputError, match="one folder only, images") as caught:
        load(tmp_path)
    assert "d/images" in str(caught.value.hint)


def test_files_beside_the_classes_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a", "b")
    (tmp_path / "d" / "lost.csv").write_text("x\n1\n")
    assert any(note.startswith("lost.csv (1 file) beside") for note in load(tmp_path).notes)


def test_unusual_shares_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a", "b", files=8)
    notes = load(tmp_path, data="split = [0.25, 0.25, 0.5]").notes
    assert any(note.startswith("train has 25 % of the samples only") for note in notes)
    assert any(note.startswith("test has 50 % of the samples, which is unusually much") for note in notes)
    assert not any("unusually" in note for note in load(tmp_path, data="split = [0.5, 0.25, 0.25]").notes)


def test_an_unusual_share_is_said_once(tmp_path: Path) -> None:
    rows = "".join(f"{i % 7}.{i},{'ab'[i % 2]},{'pqr'[i % 3]}\n" for i in range(90))
    (tmp_path / "t.csv").write_text("x,y,who\n" + rows)
    options = 'file = "t.csv"\ntarget = ["y"]\ngroup = "who"\n'
    (tmp_path / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "csv"\n[data.options]\n{options}[model]\nfamily = "mlp"\n'
    )
    said = [note for note in load_dataset(load_project(tmp_path)).notes if note.startswith("train has")]
    assert said == [
        "train has 33 % of the samples instead of 60 %: what belongs together stays in one part, dealt so "
        "that each part has its share of every class; lists in [data] would divide it otherwise"
    ]


@pytest.mark.parametrize(
    "names", [("training", "dev", "eval"), ("train", "valid", "holdout"), ("training_set", "Dev", "test set")]
)
def test_every_usual_name_of_a_split_is_known(tmp_path: Path, names: tuple[str, ...]) -> None:
    write(tmp_path, *(f"{name}/{kind}" for name in names for kind in ("cat", "dog")))
    dataset = load(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert list(homes(dataset).values()) == [{name} for name in names]


@pytest.mark.parametrize("names", [("train", "dev", "more"), ("dev", "test"), ("test", "walk")])
def test_splits_among_classes_are_asked_about(tmp_path: Path, names: tuple[str, ...]) -> None:
    write(tmp_path, *(f"{name}/{kind}" for name in names for kind in ("cat", "dog")))
    with pytest.raises(InputError, match=r"has the name of a split, and the folder cat"):
        load(tmp_path)


def test_a_class_with_the_name_of_a_split_is_told(tmp_path: Path) -> None:
    write(tmp_path, "train", "tram")
    assert "the class train has the name of a split: is it a class?" in load(tmp_path).notes


def test_links_to_a_folder_above_are_not_followed_but_told(tmp_path: Path) -> None:
    write(tmp_path, "cat", "dog", files=5)
    (tmp_path / "d" / "cat" / "loop").symlink_to("..")
    (tmp_path / "d" / "all").symlink_to(".")
    dataset = load(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert sorted(name for part in dataset.splits().values() for name in part.names) == sorted(
        f"{kind}/{number}.csv" for kind in ("cat", "dog") for number in range(5) for _ in range(2)
    )
    for name in ("all", "cat/loop"):
        assert f"{name} is a link to a folder that it lies in: not followed" in dataset.notes


def test_a_table_of_labels_beside_the_folders_is_told(tmp_path: Path) -> None:
    write(tmp_path, "cat", "dog")
    (tmp_path / "d" / "labels.csv").write_text("file,target\ncat/0.csv,dog\n")
    wanted = 'labels = "labels.csv" in the section [data.options] would take it instead'
    assert any(wanted in note for note in load(tmp_path).notes)


def test_folders_that_look_the_same_are_one_class_and_one_of_a_missing_value_is_told(tmp_path: Path) -> None:
    write(tmp_path, "caf\u00e9", "cafe\u0301", "NaN")
    dataset = load(tmp_path)
    assert dataset.classes == ("NaN", "caf\u00e9")
    assert "the class 'NaN' is called as a missing value is: is it one?" in dataset.notes
    assert "12 files of 2 classes" in survey(tmp_path / "d").said
