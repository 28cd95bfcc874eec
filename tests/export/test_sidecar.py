# SPDX-License-Identifier: Apache-2.0
"""A quantization.json that does not fit the model it names is refused: its labels would be another one's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.exported import dense_model, write_model

from toolkit.cli.main import run
from toolkit.compiler.purpose import stranger_beside
from toolkit.data import Takes
from toolkit.data.audio_folder import AudioFolderOptions

SOUND: dict[str, Any] = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800, "bands": 20}


def put(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return what sets an option of the data."""
    return lambda about: about["takes"]["options"].__setitem__(key, value)


def standard(mean: list[float], deviation: list[float]) -> Callable[[dict[str, Any]], None]:
    return lambda about: about["takes"].__setitem__("standard", {"mean": mean, "deviation": deviation})


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lambda about: about["takes"].__setitem__("classes", ["x"] * 10_000), "10,000 classes, .* 2 outputs"),
        (put("rate", -8000), "must be from 1000"),
        (put("rate", 8000.5), "rate"),
        (put("rate", "8000"), "rate"),
        (put("seconds", 0.7), r"its data are \[34, 20, 1\], and the model takes \[24, 20, 1\]"),
        (put("bands", 10), r"its data are \[24, 10, 1\]"),
        (put("features", "raw"), "its data are"),
        (put("sound", 1), "unknown key"),
        (standard([1.0, 2.0], [1.0, 1.0]), "2 means"),
        (standard([0.0], [0.0]), "can be computed with"),
        (standard([float("nan")], [1.0]), "can be computed with"),
        (lambda about: about["int8"].__setitem__("detection", {"threshold": 1e999}), "can be computed with"),
        (lambda about: about["takes"].__setitem__("task", "guessing"), "'guessing' is no task"),
        (lambda about: about.pop("takes"), "not understood"),
        (lambda about: about["takes"].__setitem__("classes", ["\ud800", "no"]), "no Unicode text"),
    ],
)
def test_what_cannot_be_true_of_the_model_is_refused(
    lie: Callable[[dict[str, Any]], None],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = AudioFolderOptions(**SOUND)
    data = dense_model((found.rules.frames(found.length), 20, 1), 2, scale=0.05)
    model = write_model(tmp_path, "m", data, Takes("audio_folder", "classification", ("yes", "no"), SOUND))
    path = tmp_path / "quantization.json"
    about = json.loads(path.read_text())
    lie(about)
    path.write_text(json.dumps(about))
    assert run(["export", str(model), "--output", str(tmp_path / "out"), "--no-verify"]) == 3
    said = capsys.readouterr().err
    assert "quantization.json does not fit m.tflite" in said and "or the model without it" in said
    assert re.search(words, said.replace("\n", " ")), said


def test_a_picture_s_fit_is_one_of_those_that_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stands in a comment of the C."""
    takes = Takes("image_folder", "classification", ("a", "b"), {"folder": "", "fit": "crop */ int evil; /*"})
    model = write_model(tmp_path, "m", dense_model((4, 4, 1), 2), takes)
    assert run(["export", str(model), "--output", str(tmp_path / "out"), "--no-verify"]) == 3
    assert "is not known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read"),
        ('{"made_by"', "cannot be read"),
        ("[]", "is of another model"),
        ('{"made_by": {"model_sha256": "0"}}', "is of another model"),
    ],
)
def test_a_description_that_does_not_count_is_told(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "quantization.json"
    path.write_text(content)
    said = stranger_beside(tmp_path / "m.tflite", "1")
    assert f"{path} {words}: m.tflite takes numbers as it was trained" in said
    path.write_text('{"made_by": {"model_sha256": "1"}}')
    assert stranger_beside(tmp_path / "m.tflite", "1") == ""
    path.unlink()
    assert stranger_beside(tmp_path / "m.tflite", "1") == ""


def test_export_says_that_a_description_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = write_model(tmp_path, "m", dense_model((4,), 2))
    (tmp_path / "quantization.json").write_text("{")
    assert run(["export", str(model), "--output", str(tmp_path / "out"), "--no-verify"]) == 0
    assert "quantization.json cannot be read: m.tflite takes numbers" in capsys.readouterr().err
