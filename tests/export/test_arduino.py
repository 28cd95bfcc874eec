# SPDX-License-Identifier: Apache-2.0
"""An exported Arduino library keeps the rules of arduino-lint, and its sketches compile and run.

They are compiled against a stand-in for Arduino's API (tests/export/arduino).
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.exported import dense_model, export, needs, write_model
from support.firmware import digits_like
from support.foreign_builds import said_by_sketch, syntax_checked
from support.random_slides import Slide, small_slide
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.codegen.names import c_identifier
from toolkit.data import Takes
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.data.features import features
from toolkit.decision.rule import Decider, rule_of
from toolkit.ir.real_numbers import quantize_samples, sample_rows
from toolkit.project.decision import DecisionConfig
from toolkit.reference.oracle import expected_outputs
from toolkit.tflite.reader import read_graph

# Of Arduino's library specification; includes is optional there.
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
    "includes",
)
FOLDER_NAME = r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,62}"


def library(
    tmp_path: Path, data: bytes, takes: Takes | None = None, name: str = "model", words: Sequence[str] = ()
) -> Path:
    """Export a model as a .zip, and return the folder in it."""
    model = write_model(tmp_path / "m", name, data, takes)
    archive = export(model, tmp_path / "library.zip", "--to", "arduino", "--no-verify", *words)
    with zipfile.ZipFile(archive) as opened:
        assert {entry.split("/")[0] for entry in opened.namelist()} == {name}
        opened.extractall(tmp_path / "opened")
    return tmp_path / "opened" / name


@pytest.mark.parametrize("name", ["digits", "arduino_digits", "a" * 60])
def test_it_keeps_the_rules_of_arduino_lint(name: str, tmp_path: Path) -> None:
    """Those of its list for libraries and sketches (arduino.github.io/arduino-lint) that a file can break."""
    folder = library(tmp_path, digits_like()[0], name=c_identifier(name))
    values = properties_of(folder)
    assert set(values) == set(FIELDS)
    assert all(text.strip() == text != "" for text in values.values())
    assert re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.-]{0,62}", values["name"])
    assert not values["name"].lower().startswith("arduino") and "library" not in values["name"].lower()
    assert re.fullmatch(r"\d+\.\d+\.\d+", values["version"])
    assert not values["maintainer"].lower().startswith("arduino")
    assert not values["paragraph"].startswith(values["sentence"])
    assert values["sentence"][0].isupper() and values["sentence"].endswith(".")
    assert re.fullmatch(CATEGORIES, values["category"]) and re.fullmatch(r"https://\S+", values["url"])
    assert values["architectures"] == "*"
    assert all((folder / "src" / header).is_file() for header in values["includes"].split(","))
    assert (folder / "src" / f"{folder.name}.h").is_file()
    assert re.fullmatch(FOLDER_NAME, folder.name)
    assert {path.name for path in folder.iterdir()} == {
        "LICENSE",
        "README.md",
        "examples",
        "library.properties",
        "src",
    }
    for path in folder.rglob("*"):
        assert not path.is_symlink() and path.suffix not in (".exe", ".pde") and path.name != ".development"
    for sketch in (folder / "examples").iterdir():
        assert [path.name for path in sketch.glob("*.ino")] == [f"{sketch.name}.ino"]
        assert re.fullmatch(FOLDER_NAME, sketch.name)


def properties_of(folder: Path) -> dict[str, str]:
    lines = (folder / "library.properties").read_text().splitlines()
    pairs = [line.split("=", 1) for line in lines]
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)


def test_its_sketch_runs_stored_samples(tmp_path: Path) -> None:
    folder = library(tmp_path, digits_like()[0], name="digits")
    assert [path.name for path in (folder / "examples").iterdir()] == ["stored_samples"]
    assert said_by_sketch(folder, "stored_samples", tmp_path).startswith("digits: 4 of 4 samples equal\n")


def test_its_sketch_runs_the_hops_that_fill_stored_samples(tmp_path: Path) -> None:
    folder = library(tmp_path, write_tflite(small_slide()), name="slide", words=("--stream",))
    assert said_by_sketch(folder, "stored_samples", tmp_path).startswith("slide: 4 of 4 samples equal\n")


@pytest.mark.parametrize(
    ("sketch", "flags"), [("imu", ()), ("imu", ("IMU_IS_BMI270",)), ("microphone", ())], ids=str
)
def test_sketches_are_right_for_the_core_and_the_libraries_of_arduino(
    sketch: str, flags: tuple[str, ...], tmp_path: Path
) -> None:
    """TINYML_ARDUINO is a folder with ArduinoCore-mbed, its cores/arduino/api, Arduino_LSM9DS1 and so on."""
    place = os.environ.get("TINYML_ARDUINO")
    if not place:
        pytest.skip("needs TINYML_ARDUINO, a folder with ArduinoCore-mbed and the libraries of its sensors")
    needs("arm-none-eabi-g++", "gcc-arm-none-eabi")
    if sketch == "imu":
        takes = Takes("windows", "classification", ("a", "b"), {"file": "a.csv", "window": 8})
        folder = library(tmp_path, dense_model((8, 6), 2), takes)
    else:
        options = {"folder": "", "rate": 8000, "seconds": 0.5, "high_hz": 3800}
        takes = Takes("audio_folder", "classification", ("a", "b"), options)
        folder = library(tmp_path, dense_model((24, 40, 1), 2), takes)
    syntax_checked(folder, sketch, Path(place), tmp_path, flags)


def detected(data: bytes, classes: tuple[str, ...], inputs: NDArray[np.float32], within: int) -> list[str]:
    """Return the classes that the host detects in a stream of windows."""
    graph = read_graph(data, "model")
    rows = sample_rows(quantize_samples(inputs, graph.tensors[graph.inputs[0]]))
    output = graph.tensors[graph.outputs[0]]
    decider = Decider(rule_of(DecisionConfig(), classes, output, within))
    found = [decider.step(row.tolist()) for row in expected_outputs(data, graph, rows).outputs]
    assert None in found and len(found) > 3
    return [classes[each] for each in found if each is not None]


@pytest.mark.parametrize(
    ("columns", "rate", "flags"),
    [(3, 0, ()), (6, 50, ("IMU_IS_BMI270",))],
    ids=["as it comes", "at 50"],
)
def test_the_sketch_for_the_motion_sensor_takes_rows_at_the_data_s_rate_and_decides_as_the_host(
    columns: int, rate: int, flags: tuple[str, ...], tmp_path: Path
) -> None:
    """The stand-in's sensor has 100 rows a second for 0.4 s: x counts up with each reading, modulo 7."""
    options = {"file": "a.csv", "window": 8, **({"rate": rate, "time": "t"} if rate else {})}
    takes = Takes("windows", "classification", ("rest", "wave"), options)
    data = dense_model((8, columns), 2)
    folder = library(tmp_path, data, takes)
    stream = np.full((20 if rate else 40, columns), 0.5, np.float32)
    stream[:, 2::3] = 1
    x = np.arange(1, 1 + stream[:, ::3].size).reshape(len(stream), -1)
    stream[:, ::3] = (x % 7).astype(np.float32) / np.float32(7)
    windows = np.stack([stream[start : start + 8] for start in range(0, len(stream) - 7, 4)])
    assert said_by_sketch(folder, "imu", tmp_path, *flags).splitlines() == detected(
        data, takes.classes, windows, 2
    )


def test_the_sketch_decides_on_full_windows_of_a_model_that_takes_hops(tmp_path: Path) -> None:
    rng, b = np.random.default_rng(4), GraphBuilder("waves")
    x, row = b.tensor((1, 8, 3), scale=0.02, zero_point=-3), b.tensor((1, 8, 1, 3), scale=0.02, zero_point=-3)
    b.operation("RESHAPE", [x, b.tensor((4,), "int32", data=(1, 8, 1, 3))], [row], new_shape=(1, 8, 1, 3))
    slide = Slide(rng, builder=b)
    y = b.tensor((1, 2), scale=1 / 256, zero_point=-128)
    b.operation("SOFTMAX", [slide.matrix(slide.conv(row, 3, 1, 1), 2)], [y], beta=1.0)
    data = write_tflite(b.graph([x], [y]))
    takes = Takes("windows", "classification", ("rest", "wave"), {"file": "a.csv", "window": 8})
    folder = library(tmp_path, data, takes, words=("--stream", "4"))
    stream = np.full((40, 3), 0.5, np.float32)
    stream[:, 2] = 1
    stream[:, 0] = (np.arange(1, 41) % 7).astype(np.float32) / np.float32(7)
    windows = np.stack([stream[start : start + 8] for start in range(0, 33, 4)])

    wanted = detected(data, takes.classes, windows, 2)

    assert wanted and "MODEL_STREAM_HOP 4u" in (folder / "src" / "model.h").read_text()
    assert said_by_sketch(folder, "imu", tmp_path).splitlines() == wanted


def test_a_sketch_says_that_the_sensor_is_slower_than_the_data(tmp_path: Path) -> None:
    options = {"file": "a.csv", "window": 8, "rate": 400, "time": "t"}
    takes = Takes("windows", "regression", (), options)
    folder = library(tmp_path, dense_model((8, 3), 2, softmax=False), takes)
    lines = said_by_sketch(folder, "imu", tmp_path).splitlines()
    assert "the sensor is slower" in lines[0]
    assert len(lines) == 1 + 1 + (40 - 8) // 4
    assert all(re.fullmatch(r"-?\d+\.\d\d -?\d+\.\d\d ", line) for line in lines[1:])


def test_sound_comes_with_a_sketch_for_the_microphone_that_decides_as_the_host(tmp_path: Path) -> None:
    options = {"folder": "", "rate": 8000, "seconds": 0.5, "features": "log_mel", "high_hz": 3800}
    takes = Takes("audio_folder", "classification", ("yes", "no"), options)
    data = dense_model((24, 40, 1), 2)
    folder = library(tmp_path, data, takes)
    found = AudioFolderOptions(**options)
    sound = (np.arange(40 * 256) * 37 % 4001 - 2000).astype(np.int16)
    rows = features(sound, found.rules).astype(np.float32) / np.float32(found.divisor)
    windows = np.stack([rows[start : start + 24, :, np.newaxis] for start in range(0, len(rows) - 23, 6)])
    assert said_by_sketch(folder, "microphone", tmp_path).splitlines() == detected(
        data, takes.classes, windows, 4
    )
