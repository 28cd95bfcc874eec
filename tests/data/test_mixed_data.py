# SPDX-License-Identifier: Apache-2.0
"""Data that are not all alike: several encodings, kinds and lengths, and files that contradict others."""

from __future__ import annotations

import wave
from pathlib import Path

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


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).round(3)


def log(seed: int, comment: str = "") -> str:
    rows = "".join(f"{20 * i},{a},{b},ruhig\n" for i, (a, b) in enumerate(noise(seed, 60, 2)))
    return f"{comment}millis,größe,ay,Tätigkeit\n{rows}"


def write_mixed(
    folder: Path, latin: tuple[int, ...] = (0, 4, 9), marked: tuple[int, ...] = (1, 6, 11)
) -> None:
    """15 logs of three classes: some latin-1, some UTF-8 with a byte order mark, the others UTF-8."""
    for number in range(15):
        path = folder / f"k{number // 5}" / f"{number:02}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        encoding = "latin-1" if number in latin else "utf-8-sig" if number in marked else "utf-8"
        path.write_text(log(number), encoding=encoding)


def project(folder: Path, options: str, source: str = "windows", data: str = "") -> Path:
    (folder / FILE_NAME).write_text(
        f'[project]\nname = "p"\n[data]\nsource = "{source}"\n{data}\n[data.options]\n{options}\n'
        '[model]\nfamily = "mlp"\n',
        encoding="utf-8",
    )
    return folder


def read(found: Found, home: Path) -> int:
    """How many files of what is proposed give samples; raises if one cannot be used."""
    home.mkdir()
    (home / FILE_NAME).write_text(project_text(found, "p", home, "nano33ble"), encoding="utf-8")
    splits = load_dataset(load_project(home)).splits().values()
    return len({name for part in splits for name in part.names})


def test_logs_of_several_encodings_are_all_read_and_the_odd_ones_named(tmp_path: Path) -> None:
    write_mixed(tmp_path / "logs")
    found = survey(tmp_path / "logs")
    assert found.options["encoding"] == "auto" and found.options["columns"] == ["größe", "ay"]
    assert any(
        line.startswith("3 of 15 files are not UTF-8: 00.csv, 04.csv, 09.csv; read as cp1252")
        for line in found.said
    )
    assert read(found, tmp_path / "p") == 15


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("columns", ["", 'columns = ["größe", "ay"]'])
def test_an_encoding_that_only_some_files_have_is_answered_with_auto(
    tmp_path: Path, encoding: str, columns: str
) -> None:
    write_mixed(tmp_path / "logs")
    options = f'folder = "logs"\nwindow = 10\nencoding = "{encoding}"\n{columns}'
    with pytest.raises(InputError, match=r" of 15 files cannot be used") as caught:
        load_dataset(load_project(project(tmp_path, options)))
    assert '"auto"' in str(caught.value.hint)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_auto_reads_a_table_whose_first_odd_letter_comes_late(tmp_path: Path, encoding: str) -> None:
    text = "a,b\n" + "1,plain\n" * 200_000 + "2,größe\n"
    (tmp_path / "t.csv").write_text(text, encoding=encoding)
    table = read_table(tmp_path / "t.csv", TableForm(encoding="auto"))
    assert table.columns == ("a", "b") and list(table.rows())[-1][1] == ["2", "größe"]


def test_comments_in_some_logs_only_are_found_and_named(tmp_path: Path) -> None:
    write_mixed(tmp_path / "logs", latin=(), marked=())
    for number in (3, 7):
        (tmp_path / "logs" / f"k{number // 5}" / f"{number:02}.csv").write_text(log(number, "# logger 3\n"))
    options = 'folder = "logs"\nwindow = 10\n'
    with pytest.raises(InputError) as caught:
        load_dataset(load_project(project(tmp_path, options)))
    assert 'Try: comment = "#" in the section [data.options]' in str(caught.value.hint)
    assert "k0/03.csv: starts with a line of comment (likewise k1/07.csv)" in caught.value.message
    found = survey(tmp_path / "logs")
    assert found.options["comment"] == "#" and read(found, tmp_path / "p") == 15


def write_sound(path: Path, seconds: float, seed: int | None, rate: int = 8000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.zeros(int(rate * seconds)) if seed is None else 3000 * noise(seed, int(rate * seconds))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.astype("<i2").tobytes())


def test_silence_in_several_classes_is_a_contradiction(tmp_path: Path) -> None:
    load_extra("soundfile")
    for place, kind in enumerate(("ja", "nein", "halt")):
        for number in range(5):
            write_sound(tmp_path / "s" / kind / f"{number}.wav", 0.5, 10 * place + number)
        write_sound(tmp_path / "s" / kind / "leer.wav", 0.5, None)
    options = 'folder = "s"\nrate = 8000\nseconds = 0.5\nhigh_hz = 3800'
    with pytest.raises(InputError, match="equal files in different classes, 1 times") as caught:
        load_dataset(load_project(project(tmp_path, options, "audio_folder", "")))
    assert "halt/leer.wav (halt) and ja/leer.wav (ja) and nein/leer.wav (nein)" in caught.value.message
    assert "as in silence" in caught.value.message
    wanted = project(tmp_path, options, "audio_folder", 'duplicates = "together"')
    assert caught.value.message in load_dataset(load_project(wanted)).notes


def test_words_with_silence_around_them_are_one_sample_each(tmp_path: Path) -> None:
    load_extra("soundfile")
    for place, kind in enumerate(("ja", "nein")):
        for number, seconds in enumerate((0.7, 1.6, 1.8, 2.0, 1.7)):
            write_sound(tmp_path / "s" / kind / f"{number}.wav", seconds, 10 * place + number)
    found = survey(tmp_path / "s")
    assert "hop_seconds" not in found.options and found.options["seconds"] == 1.7
    assert read(found, tmp_path / "p") == 10


def test_a_sound_too_short_to_be_cut_is_told_in_seconds(tmp_path: Path) -> None:
    load_extra("soundfile")
    for place, kind in enumerate("ab"):
        for number in range(5):
            write_sound(tmp_path / "s" / kind / f"{number}.wav", 4.0, 10 * place + number)
    write_sound(tmp_path / "s" / "a" / "short.wav", 0.75, 99)
    with pytest.raises(InputError, match=r"a/short.wav: lasts about 0.7\d s; a sample needs 1 s") as caught:
        load_dataset(
            load_project(
                project(
                    tmp_path, 'folder = "s"\nrate = 8000\nhigh_hz = 3800\nhop_seconds = 0.5', "audio_folder"
                )
            )
        )
    assert "without hop_seconds" in str(caught.value.hint)


def test_a_folder_of_several_data_sets_is_refused_with_their_names(tmp_path: Path) -> None:
    for number in range(3):
        for place in ("accel/walk", "accel/run"):
            (tmp_path / "raw" / place).mkdir(parents=True, exist_ok=True)
            (tmp_path / "raw" / place / f"{number}.csv").write_text(log(number), encoding="utf-8")
        write_sound(tmp_path / "raw" / "words" / "yes" / f"{number}.wav", 0.1, number)
        (tmp_path / "raw" / "photos" / "cat").mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / "photos" / "cat" / f"{number}.jpg").write_bytes(b"x")
    said = "data of 3 kinds, .*: tables in accel; pictures in photos; sounds in words"
    with pytest.raises(InputError, match=said) as caught:
        survey(tmp_path / "raw")
    assert f"--data {tmp_path / 'raw' / 'accel'}" in str(caught.value.hint)
    assert survey(tmp_path / "raw" / "accel").source == "windows"


@pytest.mark.parametrize("broken", ["", "1;fehler;1,5;2,5\n"])
def test_one_recording_is_no_table_of_classes(tmp_path: Path, broken: str) -> None:
    rows = "".join(f"{i};{a};{b};{c}\n".replace(".", ",") for i, (a, b, c) in enumerate(noise(1, 200, 3)))
    (tmp_path / "gehen.csv").write_text(f"millis;ax;ay;az\n{rows}{broken.replace('2,5', 'fehler')}")
    found = survey(tmp_path / "gehen.csv")
    assert found.options["task"] == "regression"
    assert any("a column of labels, or a folder for each class" in line for line in found.unsure)


def test_texts_that_never_come_again_are_no_classes(tmp_path: Path) -> None:
    rows = "".join(f"{a},{b},note {i}\n" for i, (a, b) in enumerate(noise(1, 60, 2)))
    (tmp_path / "t.csv").write_text("a,b,remark\n" + rows)
    with pytest.raises(InputError, match=r"remark \(such as 'note 0'\), has 60 different texts in 60 rows"):
        survey(tmp_path / "t.csv")


def test_broken_pictures_beside_another_fault_are_to_be_mended_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    for label, kind in enumerate(("cat", "dog")):
        (tmp_path / "pictures" / kind).mkdir(parents=True)
        for number in range(9):
            colour = 10 * number + 100 * label
            image.new("L", (40, 40), colour).save(tmp_path / "pictures" / kind / f"{number}.png")
    (tmp_path / "pictures" / "cat" / "cut.png").write_bytes(b"\x89PNG")
    twice = (tmp_path / "pictures" / "cat" / "3.png").read_bytes()
    (tmp_path / "pictures" / "dog" / "again.png").write_bytes(twice)
    assert run(["new", str(tmp_path / "mine"), "--data", str(tmp_path / "pictures")]) == 0
    shown = capsys.readouterr().out
    assert "equal files in different classes" in shown and "1 of 20 files cannot be used" in shown
    assert "No model can be trained with the data as they are." in shown
    assert "&& tinyml data --skip-broken\n" in shown and "tinyml check" not in shown


def test_files_of_which_one_class_can_be_used_end_with_mending_and_not_with_a_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'tinyml-toolkit[train]'")
    for kind in ("cat", "dog"):
        (tmp_path / "pictures" / kind).mkdir(parents=True)
        for number in range(6):
            path = tmp_path / "pictures" / kind / f"{number}.png"
            if kind == "cat":
                image.new("L", (40, 40), 10 * number).save(path)
            else:
                path.write_bytes(b"\x89PNG")
    assert run(["new", str(tmp_path / "mine"), "--data", str(tmp_path / "pictures")]) == 0
    shown = capsys.readouterr().out
    assert "6 of 12 files cannot be used" in shown and "have one class only ('cat')" in shown
    assert "&& tinyml data --skip-broken\n" in shown and "tinyml check" not in shown
