# SPDX-License-Identifier: Apache-2.0
"""listen and stream: what is detected in long recordings, and how that compares with labels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


def test_every_tone_of_a_long_recording_is_detected_once_and_in_time(
    hearing: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing["listen"]
    assert run(["listen", str(folder / "kitchen.wav"), "--project", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    (file,) = said["files"]
    found = [(each["label"], each["at"]) for each in file["detections"]]
    assert [label for label, _ in found] == ["low", "high"] * 3
    assert all(1.5 + 3 * i < at < 2.6 + 3 * i for i, (_, at) in enumerate(found))
    assert [(t["label"], t["hits"], t["misses"], t["false_accepts"]) for t in said["tallies"]] == [
        ("high", 3, 0, 0),
        ("low", 3, 0, 0),
        ("all", 6, 0, 0),
    ]


def test_what_no_label_says_is_a_false_accept_and_counted_by_the_hour(
    hearing: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, labels = hearing["listen"], tmp_path / "labels.csv"
    labels.write_text("start,end,label\n1.5,2.0,low\n13,13.4,high\n")
    words = ["--project", str(folder), "--labels", str(labels)]
    assert run(["listen", str(folder / "kitchen.wav"), *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum("false accept " in line for line in lines) == 5
    assert ["0:13.00", "high", "missed", "kitchen.wav"] in [line.split() for line in lines]
    assert lines[-1].split() == ["all", "1", "of", "2", "1", "5", "900.0"]


def test_the_folder_s_name_is_the_label_and_a_short_file_is_told(
    hearing: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing["listen"]
    files = [str(folder / "data" / name / "3.wav") for name in ("low", "high", "none")]
    assert run(["listen", *files, "--project", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["tallies"][-1]["hits"] + said["tallies"][-1]["misses"] == 2
    shutil.copy(folder / "kitchen.wav", tmp_path / "short.wav")
    content = (tmp_path / "short.wav").read_bytes()
    size = (2000).to_bytes(4, "little")
    (tmp_path / "short.wav").write_bytes(content[:40] + size + content[44:2044])
    assert run(["listen", str(tmp_path / "short.wav"), "--project", str(folder)]) == 3
    assert "shorter than a window of the model, which is 0.492 s" in capsys.readouterr().err


def test_rows_of_a_sensor_with_a_column_of_classes(
    hearing: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = hearing["stream"]
    assert run(["stream", str(folder / "walk.csv"), "--project", str(folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["unit"] == "rows" and (said["window"], said["hop"]) == (40, 10)
    assert said["tallies"][-1] == {
        "label": "all",
        "hits": 2,
        "misses": 0,
        "false_accepts": 0,
        "span": 750.0,
        "an_hour": None,
    }
    words = ["--project", str(folder), "--rate", "50", "--labels", str(folder / "walk_labels.csv"), "--json"]
    assert run(["stream", str(folder / "walk.csv"), *words]) == 0
    timed = json.loads(capsys.readouterr().out)
    assert timed["unit"] == "s" and timed["tallies"][-1]["hits"] == 2
    rows, seconds = ([each["at"] for each in one["files"][0]["detections"]] for one in (said, timed))
    assert [row / 50 for row in rows] == seconds


def test_a_project_without_a_stream_says_what_listens(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "a.wav").write_bytes(b"")
    assert run(["listen", "a.wav"]) == 3
    assert "does not classify a stream: its data are sine, its task is regression" in capsys.readouterr().err
