# SPDX-License-Identifier: Apache-2.0
"""Files that never end, that claim more than they hold, or that are larger than memory: exit 3, at once."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.firmware import digits_like

from toolkit.cli.main import run
from toolkit.data import arrays
from toolkit.data.arrays import read_arrays
from toolkit.errors import InputError
from toolkit.models import keras_file
from toolkit.models.keras_file import load_model


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "m.tflite").write_bytes(digits_like()[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(words) == 3
    err = capsys.readouterr().err
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize(
    "words",
    [
        ["compile", "fifo.tflite", "--output", "c"],
        ["inspect", "fifo.tflite"],
        ["bisect", "m.tflite", "--inputs", "fifo.npy"],
        ["predict", "fifo.tflite", "m.tflite"],
        ["predict", "fifo.keras", "m.tflite"],
        ["run", "m.tflite", "--inputs", "fifo.npy", "--runner", "host"],
        ["run", "m.tflite", "--inputs", "fifo.npz", "--runner", "host"],
        ["quantize", "m.keras", "--data", "fifo.npy"],
        ["quantize", "m.keras", "--data", "fifo.npz"],
        ["export", "fifo.tflite"],
        ["new", "project", "--data", "fifo.npz"],
        ["new", "project", "--data", "fifo.csv"],
    ],
)
def test_a_pipe_is_no_regular_file(words: list[str], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for word in words:
        if word.startswith("fifo"):
            os.mkfifo(here / word)
    assert "is no regular file but a pipe." in said(words, capsys)


def test_a_pipe_beside_a_model_is_no_description_of_it(here: Path) -> None:
    os.mkfifo(here / "quantization.json")
    assert run(["compile", "m.tflite", "--output", "c", "--no-verify"]) == 0


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/dev/zero"), os.mkfifo, Path.mkdir])
def test_a_project_file_that_is_there_is_not_called_missing(
    make: object, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(here / "tinyml.toml")  # type: ignore[operator]
    assert "tinyml.toml is no regular file but a " in said(["check"], capsys)


def test_a_project_file_that_links_to_itself_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "tinyml.toml").symlink_to("tinyml.toml")
    assert "cannot read" in (err := said(["check"], capsys)) and "symbolic links" in err


def test_data_that_are_a_device_are_not_called_missing(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "/dev/zero is no regular file but a device." in said(["new", "p", "--data", "/dev/zero"], capsys)


@pytest.mark.parametrize("verb", ["compile", "inspect"])
def test_a_model_larger_than_any_board_is_not_read(
    verb: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.truncate(here / "m.tflite", 20 << 30)
    assert "has 21,474,836,480 bytes; at most 536,870,912 are read." in said([verb, "m.tflite"], capsys)


def test_an_array_that_claims_more_than_its_file_holds_ends_early(tmp_path: Path) -> None:
    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 4)}
    np.lib.format.write_array_header_1_0(stream, header)
    (tmp_path / "x.npy").write_bytes(stream.getvalue() + bytes(16))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", stream.getvalue())
    for name in ("x.npy", "x.npz"):
        with pytest.raises(InputError, match="ends early: 17,592,186,044,416 bytes"):
            read_arrays(tmp_path / name)


def test_an_archive_that_unpacks_to_more_than_the_limit_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros(1 << 20, np.int8))
    monkeypatch.setattr(arrays, "MOST_BYTES", 1 << 16)
    with pytest.raises(InputError, match="take 1,048,704 bytes; at most 65,536 are read"):
        read_arrays(tmp_path / "x.npz")


def test_a_keras_file_that_unpacks_to_more_than_the_limit_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(1 << 20))
    monkeypatch.setattr(keras_file, "MOST_KERAS_BYTES", 1 << 16)
    with pytest.raises(InputError, match="unpacks to 1,048,576 bytes"):
        load_model(tmp_path / "m.keras")
