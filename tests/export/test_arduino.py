# SPDX-License-Identifier: Apache-2.0
"""An exported Arduino library keeps the rules of arduino-lint, and its sketches compile and run.

They are compiled against a stand-in for Arduino's API (tests/export/arduino).
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from support.exported import dense_model, export, write_model
from support.firmware import digits_like
from support.foreign_builds import said_by_sketch

from toolkit.data import Takes

# Of Arduino's library specification.
CATEGORIES = "Display|Communication|Signal Input/Output|Sensors|Device Control|Timing|Data Storage"
CATEGORIES += "|Data Processing|Other"
FIELDS = (
    "name",
    "version",
    "author",
    "maintainer",
    "sentence",
    "paragraph",
    "category",
    "url",
    "architectures",
)


def library(tmp_path: Path, data: bytes, takes: Takes | None = None, name: str = "model") -> Path:
    """Export a model as a .zip, and return the folder in it."""
    model = write_model(tmp_path / "m", name, data, takes)
    archive = export(model, tmp_path / "library.zip", "--to", "arduino", "--no-verify")
    with zipfile.ZipFile(archive) as opened:
        assert {entry.split("/")[0] for entry in opened.namelist()} == {name}
        opened.extractall(tmp_path / "opened")
    return tmp_path / "opened" / name


@pytest.mark.parametrize("name", ["digits", "arduino_digits"])
def test_it_keeps_the_rules_of_arduino_lint(name: str, tmp_path: Path) -> None:
    folder = library(tmp_path, digits_like()[0], name=name)
    lines = (folder / "library.properties").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines)
    assert set(FIELDS) <= set(values)
    assert all(values[field].strip() == values[field] != "" for field in FIELDS)
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9 _.-]{0,62}", values["name"])
    assert not values["name"].lower().startswith("arduino")
    assert re.fullmatch(r"\d+\.\d+\.\d+", values["version"])
    assert re.fullmatch(CATEGORIES, values["category"]) and values["url"].startswith("https://")
    assert all((folder / "src" / header).is_file() for header in values["includes"].split(","))
    assert (folder / "README.md").is_file() and (folder / "LICENSE").is_file()
    for sketch in (folder / "examples").iterdir():
        assert (sketch / f"{sketch.name}.ino").is_file() and re.fullmatch(r"\w{1,63}", sketch.name)


def test_its_sketch_runs_stored_samples(tmp_path: Path) -> None:
    folder = library(tmp_path, digits_like()[0], name="digits")
    assert [path.name for path in (folder / "examples").iterdir()] == ["stored_samples"]
    assert said_by_sketch(folder, "stored_samples", tmp_path).startswith("digits: 4 of 4 samples equal\n")


@pytest.mark.parametrize(("columns", "flags"), [(3, ()), (6, ("IMU_IS_BMI270",))])
def test_windows_of_a_sensor_come_with_a_sketch_for_the_motion_sensor(
    columns: int, flags: tuple[str, ...], tmp_path: Path
) -> None:
    takes = Takes("windows", "classification", ("rest", "wave"), {"file": "a.csv", "window": 8})
    folder = library(tmp_path, dense_model((8, columns), 2), takes)
    lines = said_by_sketch(folder, "imu", tmp_path, *flags).splitlines()
    assert len(lines) == 1 + (40 - 8) // 4
    assert all(re.fullmatch(r"(rest|wave) [01]\.\d\d", line) for line in lines)


def test_sound_comes_with_a_sketch_for_the_microphone(tmp_path: Path) -> None:
    options = {"folder": "", "rate": 8000, "seconds": 0.5, "features": "log_mel", "high_hz": 3800}
    takes = Takes("audio_folder", "classification", ("yes", "no"), options)
    folder = library(tmp_path, dense_model((24, 40, 1), 2), takes)
    lines = said_by_sketch(folder, "microphone", tmp_path).splitlines()
    assert len(lines) >= 5
    assert all(re.fullmatch(r"(yes|no) [01]\.\d\d", line) for line in lines)
