# SPDX-License-Identifier: Apache-2.0
"""`tinyml new --data` looks at data of any kind: what it writes reads them, and it says what was a guess."""

from __future__ import annotations

import re
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from toolkit.cli.main import run
from toolkit.data import load_dataset
from toolkit.data.form import TableForm
from toolkit.data.proposal import project_text
from toolkit.data.survey import Found, survey
from toolkit.data.table import read_table
from toolkit.errors import InputError
from toolkit.extras import load_extra
from toolkit.project.config import FILE_NAME, load_project


def proposed(folder: Path, data: Path) -> tuple[Found, Path]:
    """What is found of data, and a project made of it that reads them."""
    found = survey(data)
    home = folder / "project"
    home.mkdir()
    (home / FILE_NAME).write_text(project_text(found, "p", home, "nano33ble"), encoding="utf-8")
    load_dataset(load_project(home))
    return found, home


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).round(3)


def write_logs(folder: Path, separator: str = ",", header: bool = True) -> None:
    for kind in ("walk", "run"):
        (folder / kind).mkdir(parents=True)
        for number in range(4):
            rows = [
                f"{20 * i};{a};{b}" for i, (a, b) in enumerate(noise(number + 9 * (kind == "run"), 200, 2))
            ]
            text = "\n".join([*(["millis;ax;ay"] if header else []), *rows]) + "\n"
            text = text.replace(".", ",") if separator == ";" else text.replace(";", separator)
            (folder / kind / f"{number}.csv").write_text(text)


def test_recordings_of_a_spreadsheet_with_decimal_commas(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", ";")
    found, home = proposed(tmp_path, tmp_path / "logs")
    assert (found.source, found.family) == ("windows", "cnn_1d")
    assert {k: found.options[k] for k in ("separator", "decimal", "time", "window")} == {
        "separator": ";",
        "decimal": ",",
        "time": "millis",
        "window": 100,
    }
    assert 'folder = "../logs"' in (home / FILE_NAME).read_text()


def test_recordings_without_a_header(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs", header=False)
    found, _ = proposed(tmp_path, tmp_path / "logs")
    assert found.options["header"] == ["column1", "column2", "column3"]
    assert any("has no header" in line for line in found.unsure)


def test_a_table_of_classes_of_numbers_and_one_to_measure(tmp_path: Path) -> None:
    rows = "".join(
        f"{a},{b},{'cat' if a > 0 else 'dog'},note {i}\n" for i, (a, b) in enumerate(noise(1, 60, 2))
    )
    (tmp_path / "t.csv").write_text("width,height,animal,remark\n" + rows)
    found, _ = proposed(tmp_path, tmp_path / "t.csv")
    assert (found.source, found.options["target"]) == ("csv", ["animal"])
    assert found.options["columns"] == ["width", "height"]
    assert any("animal is the only column of repeated text" in line for line in found.unsure)
    assert any("left out: remark" in line for line in found.unsure)


def test_a_table_of_numbers_is_a_regression(tmp_path: Path) -> None:
    rows = "".join(f"{a},{b},{a + b:.3f}\n" for a, b in noise(1, 60, 2))
    (tmp_path / "t.csv").write_text("a,b,price\n" + rows)
    found, _ = proposed(tmp_path, tmp_path / "t.csv")
    assert (found.options["task"], found.options["target"]) == ("regression", ["price"])
    assert any("the last one, price, is taken" in line for line in found.unsure)


def test_one_long_log_with_labels_is_cut_into_windows(tmp_path: Path) -> None:
    rows = "".join(f"{20 * i},{v},{'ab'[i // 500]}\n" for i, v in enumerate(noise(1, 1000)))
    (tmp_path / "log.csv").write_text("millis,x,label\n" + rows)
    found, _ = proposed(tmp_path, tmp_path)
    assert (found.source, found.options["target"], found.options["time"]) == ("windows", "label", "millis")


def test_a_broken_file_among_recordings_does_not_stop_the_look(tmp_path: Path) -> None:
    write_logs(tmp_path / "logs")
    (tmp_path / "logs" / "run" / "00.csv").write_text("hello\n")
    found = survey(tmp_path / "logs")
    assert found.options["window"] == 100 and found.options["time"] == "millis"


def test_pictures(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    for part in ("train", "test"):
        for label, kind in enumerate("ab"):
            (tmp_path / "pictures" / part / kind).mkdir(parents=True)
            for i in range(6):
                picture = image.new("L", (70, 50), 20 * i + 7 * label + (part == "test"))
                picture.save(tmp_path / "pictures" / part / kind / f"{i}.png")
    found, _ = proposed(tmp_path, tmp_path / "pictures")
    assert (found.source, found.options["size"], found.options["color"]) == ("image_folder", [48, 48], "grey")
    assert any("say what is in which split" in line for line in found.said)


def write_sound(path: Path, rate: int, seconds: float, seed: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((3000 * noise(seed, int(rate * seconds))).astype("<i2").tobytes())


@pytest.mark.parametrize(("seconds", "options"), [(0.5, {"seconds": 0.5}), (4.0, {"hop_seconds": 0.5})])
def test_sounds(tmp_path: Path, seconds: float, options: dict[str, float]) -> None:
    load_extra("soundfile")
    for label, kind in enumerate("ab"):
        (tmp_path / "sounds" / kind).mkdir(parents=True)
        for i in range(4):
            write_sound(tmp_path / "sounds" / kind / f"{i}.wav", 8000, seconds, 10 * label + i)
    found, _ = proposed(tmp_path, tmp_path / "sounds")
    assert (found.source, found.family, found.options["rate"]) == ("audio_folder", "ds_cnn", 8000)
    assert {key: found.options[key] for key in options} == options


def test_words_without_a_class_of_noise_are_asked_about(tmp_path: Path) -> None:
    for label in ("yes", "no"):
        (tmp_path / label).mkdir()
        for number in range(3):
            write_sound(tmp_path / label / f"{number}.wav", 16000, 0.5, number)
    assert any("hears one of them in a quiet room" in line for line in survey(tmp_path).unsure)
    (tmp_path / "no").rename(tmp_path / "Background noise")
    assert not any("quiet room" in line for line in survey(tmp_path).unsure)


def test_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x_train=noise(1, 40, 8, 2), y_train=np.arange(40) % 3)
    found, _ = proposed(tmp_path, tmp_path / "d.npz")
    assert (found.source, found.family, found.options["x"]) == ("numpy", "cnn_1d", "x_train")


@pytest.mark.parametrize(
    ("y", "task", "unsure"),
    [
        (np.array(["ant", "bee"])[np.arange(40) % 2], "classification", []),
        (np.eye(2)[np.arange(40) % 2], "classification", []),
        (np.arange(40) % 3 / 1, "classification", ["y gives the labels .* as float64: .*: taken as"]),
        (np.arange(40) % 3, "classification", ["y has whole numbers: taken as classes"]),
        (np.linspace(0, 1, 40), "regression", []),
        ((np.arange(40)[:, None] >> np.arange(3)) % 2, "multilabel", []),
    ],
)
def test_labels_in_arrays(tmp_path: Path, y: Any, task: str, unsure: list[str]) -> None:
    np.savez(tmp_path / "d.npz", x=noise(1, 40, 8), y=y)
    found, _ = proposed(tmp_path, tmp_path / "d.npz")
    assert found.options["task"] == task
    assert len(found.unsure) == len(unsure)
    assert all(re.match(wanted, said) for wanted, said in zip(unsure, found.unsure, strict=True))


def test_folders_two_deep_and_a_folder_around_all(tmp_path: Path) -> None:
    for place in ("a/abbey", "a/airport", "b/bakery"):
        home = tmp_path / "top" / "data" / place
        home.mkdir(parents=True)
        for number in range(3):
            (home / f"{number}.csv").write_text("x\n" + "".join(f"{v}\n" for v in noise(number, 40)))
    found = survey(tmp_path / "top")
    assert found.options["levels"] == 2 and any("two deep" in line for line in found.unsure)
    assert "the classes are in data" in found.said


@pytest.mark.parametrize("name", ["none", "text.pdf", "flat"])
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.pdf").write_text("x")
    (tmp_path / "flat").mkdir()
    for i in range(3):
        (tmp_path / "flat" / f"{i}.png").write_bytes(b"x")
    with pytest.raises(InputError) as caught:
        survey(tmp_path / name)
    assert str(caught.value.hint).startswith("Try: ")


def test_names_of_files_break_no_project_file(tmp_path: Path) -> None:
    data = tmp_path / "a\"]\n[x\x07\x7f '$(id)"
    write_logs(data)
    proposed(tmp_path, data)


@pytest.mark.train
def test_the_command_makes_a_project_that_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_logs(tmp_path / "logs")
    folder = tmp_path / "mine"
    assert run(["new", str(folder), "--data", str(tmp_path / "logs")]) == 0
    shown = capsys.readouterr().out
    assert "cnn_1d with its usual options fits nano33ble" in shown and "window is a guess" in shown
    assert "an estimate for the model alone" in shown
    assert load_project(folder).model.family == "cnn_1d"
    assert run(["data", "--project", str(folder)]) == 0
    assert run(["new", str(folder), "--data", str(tmp_path / "logs")]) == 3
    assert "is there already" in capsys.readouterr().err
    assert run(["new", str(folder), "--example", "digits", "--data", "x"]) == 2


def test_what_only_runs_without_broken_files_is_told_with_that_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_logs(tmp_path / "logs")
    (tmp_path / "logs" / "run" / "00.csv").write_text("hello\n")
    assert run(["new", str(tmp_path / "mine"), "--data", str(tmp_path / "logs")]) == 0
    assert "&& tinyml check --skip-broken\n" in capsys.readouterr().out


def write_labelled_logs(folder: Path) -> None:
    folder.mkdir()
    for number in range(6):
        rows = [
            f"{20 * i},{a},{b},{'up' if number % 2 else 'down'}"
            for i, (a, b) in enumerate(noise(number, 60, 2))
        ]
        (folder / f"{number}.csv").write_text("\n".join(["millis,ax,ay,what", *rows]))


def test_recordings_with_a_column_of_labels_are_told_the_table_that_reads_them(tmp_path: Path) -> None:
    write_labelled_logs(tmp_path / "logs")
    with pytest.raises(InputError, match="the column what says what each is") as caught:
        survey(tmp_path / "logs")
    lines = [line.strip() for line in str(caught.value.hint).splitlines()[1:]]
    assert lines[:2] == ["file,target", "0.csv,down"]
    (tmp_path / "logs" / "labels.csv").write_text("\n".join(lines))
    found, _ = proposed(tmp_path, tmp_path / "logs")
    assert found.options["labels"] == "labels.csv" and "recordings of 60 rows" in found.said


def test_models_and_arrays_without_labels_are_named(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(b"\x1c\0\0\0TFL3\xff\xff")
    with pytest.raises(InputError, match="is a model, and no data"):
        survey(tmp_path / "m.tflite")
    (tmp_path / "m.csv").write_bytes(b"\x1c\0\0\0TFL3\xff\xff")
    with pytest.raises(InputError, match="is a model, and no data"):
        read_table(tmp_path / "m.csv")
    np.save(tmp_path / "x.npy", np.zeros((9, 2)))
    with pytest.raises(InputError, match="is one array") as caught:
        survey(tmp_path / "x.npy")
    assert 'y = "labels.npy"' in str(caught.value.hint)


def test_another_separator_is_a_hint_only_where_it_gives_the_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    for name, hint in (("b", 'Try: separator = ","'), ("Zeit", "Try: its name")):
        with pytest.raises(InputError) as caught:
            read_table(tmp_path / "t.csv", TableForm(separator=";")).places([name])
        assert str(caught.value.hint).startswith(hint)


def test_easy_classes_are_no_leak_of_every_column(tmp_path: Path) -> None:
    rows = [f"{i % 3},{i % 3 * 5},{'abc'[i % 3]}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["p,q,label", *rows]))
    home = proposed(tmp_path, tmp_path / "t.csv")[1]
    notes = load_dataset(load_project(home)).notes
    assert any(note.startswith("each of p, q alone tells every class") for note in notes)
    assert not any("leave it out of columns" in note for note in notes)
