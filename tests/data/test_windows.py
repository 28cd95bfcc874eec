# SPDX-License-Identifier: Apache-2.0
"""Sensor recordings cut into windows: where they start, whose they are, and what cannot be cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from toolkit.data import Dataset, data_state, decode_file, load_dataset
from toolkit.errors import InputError
from toolkit.project.config import load_project


def write_project(folder: Path, options: str, data: str = "") -> None:
    raw = "" if "standardize" in options else "standardize = false"
    (folder / "tinyml.toml").write_text(
        f'[project]\nname = "p"\n[data]\nsource = "windows"\n{data}\n[data.options]\n{options}\n{raw}\n'
        '[model]\nfamily = "mlp"\n'
    )


def load(folder: Path, options: str, data: str = "", *, skip_broken: bool = False) -> Dataset:
    write_project(folder, options, data)
    return load_dataset(load_project(folder), skip_broken=skip_broken)


def write_recordings(folder: Path, rows: int = 40, per_class: int = 5, classes: str = "ab") -> None:
    """x counts up from a thousand times the recording's number; y is its negative."""
    number = 0
    for name in classes:
        (folder / name).mkdir(parents=True)
        for i in range(per_class):
            number += 1
            lines = "".join(f"{1000 * number + row},{-1000 * number - row}\n" for row in range(rows))
            (folder / name / f"{i}.csv").write_text("x,y\n" + lines)


FOLDER = 'folder = "logs"\nwindow = 16\n'
BOTH = 'columns = ["x", "y"]\n'  # x only rises: it would be left out


@pytest.mark.parametrize(("overlap", "step"), [(0.5, 8), (0.0, 16), (0.75, 4), (0.99, 1)])
def test_recordings_are_cut_with_overlap(tmp_path: Path, overlap: float, step: int) -> None:
    write_recordings(tmp_path / "logs")
    dataset = load(tmp_path, FOLDER + BOTH + f"overlap = {overlap}")
    assert (dataset.input_shape, dataset.classes) == ((16, 2), ("a", "b"))
    starts: dict[int, list[int]] = {}
    for part in dataset.splits().values():
        for window, label, name in zip(part.x, part.y, part.names, strict=True):
            recording, start = divmod(int(window[0, 0]), 1000)
            assert np.array_equal(window[:, 0], 1000 * recording + start + np.arange(16))
            assert np.array_equal(window[:, 1], -window[:, 0])
            assert name == f"{'ab'[label]}/{(recording - 1) % 5}.csv" and label == (recording - 1) // 5
            starts.setdefault(recording, []).append(start)
    assert len(starts) == 10
    assert all(sorted(each) == list(range(0, 40 - 16 + 1, step)) for each in starts.values())


def test_no_recording_is_in_two_splits(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs", per_class=10)
    dataset = load(tmp_path, FOLDER)
    homes = [set(part.names) for part in dataset.splits().values()]
    assert sum(map(len, homes)) == len(homes[0] | homes[1] | homes[2]) == 20
    assert [len(home) for home in homes] == [12, 4, 4]


def test_the_same_recording_twice_is_a_leak(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs", per_class=10)
    for i in range(10):
        original = tmp_path / "logs" / "a" / f"{i}.csv"
        (original.parent / f"copy{i}.csv").write_bytes(original.read_bytes())
    with pytest.raises(InputError, match="same bytes in two splits"):
        load(tmp_path, FOLDER)
    load(tmp_path, FOLDER, 'duplicates = "together"')


def test_recordings_of_a_person_stay_together(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs", per_class=12)
    dataset = load(tmp_path, FOLDER + "group = '/([0-9])'")
    homes = [{name[2] for name in part.names} for part in dataset.splits().values()]
    assert sum(map(len, homes)) == 10


def test_broken_recordings_are_all_named(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs")
    a = tmp_path / "logs" / "a"
    (a / "short.csv").write_text("x,y\n1,2\n3,4\n")
    (a / "nan.csv").write_text("x,y\n" + "1,2\n" * 20 + "nan,2\n")
    (a / "wide.csv").write_text("x,y,z\n" + "1,2,3\n" * 20)
    (a / "empty.csv").write_text("")
    (a / "bytes.csv").write_bytes(b"x,y\n\xff\xfe\n")
    with pytest.raises(InputError, match="5 of 15 files cannot be used") as caught:
        load(tmp_path, FOLDER)
    for said in (
        "a/short.csv: has 2 entries; a sample needs 16",
        "a/nan.csv: line 22: nan in the column 'x' is NaN",
        "a/wide.csv: has the column 'z', which most recordings do not have",
        "a/empty.csv: is empty",
        "a/bytes.csv: 2: is not UTF-8 text",
    ):
        assert said in caught.value.message
    assert len(load(tmp_path, FOLDER, skip_broken=True).skipped) == 5


@pytest.mark.parametrize("columns", ["", 'columns = ["x", "y"]'])
def test_one_recording_of_another_form_is_to_be_converted(tmp_path: Path, columns: str) -> None:
    write_recordings(tmp_path / "logs")
    (tmp_path / "logs" / "a" / "comma.csv").write_text("x;y\n" + "1,5;2,5\n" * 20)
    with pytest.raises(InputError) as caught:
        load(tmp_path, FOLDER + columns)
    said = 'a/comma.csv: is written differently than the other recordings: separator = ";" and decimal = ","'
    assert caught.value.message.endswith(said)
    hints = (caught.value.hint or "").splitlines()
    assert hints[0].startswith("Try: convert such a file") and "separator" not in "".join(hints)


def test_chosen_columns_need_no_others(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs")
    (tmp_path / "logs" / "a" / "more.csv").write_text("time,y\n" + "noon,-5\n" * 40)
    dataset = load(tmp_path, FOLDER + 'columns = ["y"]')
    assert dataset.input_shape == (16, 1) and dataset.train.x.max() < 0
    with pytest.raises(InputError, match="has no column 'x'"):
        load(tmp_path, FOLDER + 'columns = ["x"]')


def one_file(recordings: int = 10, rows: int = 40) -> str:
    """Recording r walks in its first half and runs in its second."""
    moments = [(r, row, "walk" if row < 20 else "run") for r in range(recordings) for row in range(rows)]
    return "recording,target,x\n" + "".join(f"r{r},{kind},{1000 * r + row}\n" for r, row, kind in moments)


FILE = 'file = "log.csv"\nwindow = 8\noverlap = 0.5\ncolumns = ["x"]\n'


def test_one_file_may_hold_all_recordings_and_no_window_crosses_a_border(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(one_file())
    dataset = load(tmp_path, FILE)
    assert (dataset.classes, dataset.input_shape) == (("run", "walk"), (8, 1))
    starts = []
    for part in dataset.splits().values():
        for window, label, name in zip(part.x, part.y, part.names, strict=True):
            recording, start = divmod(int(window[0, 0]), 1000)
            assert np.array_equal(window[:, 0], window[0, 0] + np.arange(8)) and name == f"r{recording}"
            assert (start + 7 < 20, start >= 20) == (bool(label == 1), bool(label == 0))
            starts.append(start)
    assert sorted(set(starts)) == [0, 4, 8, 12, 20, 24, 28, 32] and len(starts) == 80


def test_a_number_is_that_of_the_window_s_last_row(tmp_path: Path) -> None:
    rows = "".join(f"r{r},{row + 0.5},{row}\n" for r in range(5) for row in range(20))
    (tmp_path / "log.csv").write_text("recording,target,x\n" + rows)
    dataset = load(tmp_path, FILE + 'task = "regression"')
    for part in dataset.splits().values():
        assert np.array_equal(part.y[:, 0], part.x[:, -1, 0] + 0.5)


def test_a_recording_shorter_than_a_window_is_named(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(one_file() + "stub,walk,1\nstub,walk,2\n")
    with pytest.raises(InputError, match="stub: has 2 rows; a window needs 8"):
        load(tmp_path, FILE)


def test_too_few_recordings_are_named_as_such(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs", per_class=2)
    with pytest.raises(InputError, match=r"4 groups .* are too few for the split"):
        load(tmp_path, FOLDER + "group = '.*'")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("window = 8", "either folder or file"),
        ('folder = "a"\nfile = "b"', "either folder or file"),
        ('file = "log.csv"\nwindow = 0', "window 0 must be"),
        ('file = "log.csv"\noverlap = 1.0', "overlap 1 must be"),
        ('file = "log.csv"\nseparator = "ab"', "one character"),
        ('file = "log.csv"\nrecording = "id"', "has no column 'id'"),
        ('file = "none.csv"', "cannot read"),
        ('folder = "none"', "there is no folder"),
    ],
)
def test_a_wrong_option_is_said(tmp_path: Path, options: str, said: str) -> None:
    (tmp_path / "log.csv").write_text(one_file())
    with pytest.raises(InputError, match=said):
        load(tmp_path, options)


def test_a_changed_recording_changes_the_state(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs")
    write_project(tmp_path, FOLDER)
    before = data_state(load_project(tmp_path))
    assert data_state(load_project(tmp_path)) == before
    with (tmp_path / "logs" / "b" / "0.csv").open("a") as file:
        file.write("1,2\n")
    assert data_state(load_project(tmp_path)) != before


def test_missing_values_are_gaps_of_recordings_and_of_a_file_given_by_hand(tmp_path: Path) -> None:
    write_recordings(tmp_path / "logs")
    options = BOTH + 'folder = "logs"\nwindow = 8\noverlap = 0.0\nmissing = ["-999"]'
    whole = load(tmp_path, options)
    path = sorted((tmp_path / "logs").rglob("*.csv"))[0]
    lines = path.read_text().splitlines()
    lines[20] = ",".join(["-999"] * len(lines[0].split(",")))
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r"line 21: the column .* is -999, which is missing"):
        load(tmp_path, options)
    gaps = load(tmp_path, options + '\nbroken_rows = "gap"')
    total = sum(map(len, whole.splits().values()))
    assert sum(map(len, gaps.splits().values())) == total - 1
    write_project(tmp_path, options)
    project = load_project(tmp_path)
    other, said = tmp_path / "other.csv", list[str]()
    path.rename(other)
    with pytest.raises(InputError, match="line 21"):
        decode_file(project, other)
    assert decode_file(project, other, said.append).shape[0] == 4
    assert len(said) == 1
    assert said[0].startswith(f"{other}: line 21: the column ")
    assert said[0].endswith("is -999, which is missing: taken as missing")
