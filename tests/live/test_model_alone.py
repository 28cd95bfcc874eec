# SPDX-License-Identifier: Apache-2.0
"""A model's file alone: sound, recordings and tables, the microphone, the firmware as a program."""

from __future__ import annotations

import hashlib
import json
import sys
import wave
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live.conftest import drop_file, opened, serving
from live.test_parts import text_of
from live.test_try import wait_for_column
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.data.csv import CsvOptions
from toolkit.data.takes import Takes
from toolkit.data.window_options import WindowsOptions
from toolkit.live.inside import look_inside
from toolkit.live.site import open_site

pytestmark = pytest.mark.xdist_group("live")
OPTIONS = AudioFolderOptions("", seconds=0.5, bands=8, coefficients=8, hop_ms=50.0, window_ms=64.0)


WINDOWS = WindowsOptions(folder="data", window=16, columns=("accel_x", "accel_y"), standardize=False)
TABLE = CsvOptions("flowers.csv", ("kind",), columns=("length", "width", "height"), standardize=False)


def write_model(path: Path, shape: tuple[int, ...], source: str, options: Any) -> None:
    """Write a model of random weights with two classes, and the quantization.json that names its source."""
    inputs, rng = int(np.prod(shape)), np.random.default_rng(1)
    b = GraphBuilder(source)
    x = b.tensor((1, *shape), scale=1 / 128, zero_point=0)
    flat = b.tensor((1, inputs), scale=1 / 128, zero_point=0)
    size = b.tensor((2,), "int32", data=[1, inputs])
    weights = b.tensor((2, inputs), scale=0.01, data=rng.integers(-127, 128, (2, inputs)))
    bias = b.tensor((2,), "int32", scale=0.01 / 128, data=[0, 0])
    dense, shares = (
        b.tensor((1, 2), scale=0.1, zero_point=0),
        b.tensor((1, 2), scale=1 / 256, zero_point=-128),
    )
    b.operation("RESHAPE", [x, size], [flat], new_shape=(1, inputs))
    b.operation("FULLY_CONNECTED", [flat, weights, bias], [dense], fused_activation_function="NONE")
    b.operation("SOFTMAX", [dense], [shares], beta=1.0)
    path.write_bytes(write_tflite(b.graph([x], [shares])))
    known = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "detection": None}
    takes = Takes(source, "classification", ("beep", "hum"), asdict(options)).to_json()
    about = {"int8": known, "float32": {"sha256": "", "detection": None}, "takes": takes}
    path.with_name("quantization.json").write_text(json.dumps(about))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """One that takes sound."""
    path = tmp_path / "sounds.tflite"
    shape = (OPTIONS.rules.frames(OPTIONS.length), OPTIONS.bands, 1)
    write_model(path, shape, "audio_folder", OPTIONS)
    return path


@pytest.fixture
def beep(tmp_path: Path) -> Path:
    """A sound of half a second."""
    path = tmp_path / "beep.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(np.round(9000 * np.sin(np.arange(8000) / 4)).astype("<i2").tobytes())
    return path


def test_predict_s_window_hears_takes_recordings_and_tables(browser: Any, model: Path, beep: Path) -> None:
    """One server for all: a model that is another file now is opened anew."""
    pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")
    words = (str(model), str(beep), "--window", "--board", "host")
    with serving(model.parent, *words, command="predict") as server, opened(browser, server) as page:
        assert page.locator("#tabs button").all_inner_texts() == ["Try it"]
        first = wait_for_column(page, "int8").get_attribute("data-sample")
        text_of(page, "#seen-caption", "beep.wav: spectrogram: 9 frames of 8 numbers")
        page.click("#microphone-toggle")
        page.wait_for_function(
            "first => document.querySelector('.column[data-on=int8]').dataset.sample !== first", arg=first
        )
        page.click("#microphone-toggle")
        text_of(page, "#seen-caption", "microphone.wav: spectrogram: 9 frames of 8 numbers")
        assert "Every byte as the reference." in wait_for_column(page, "board").inner_text()
        assert server.call("POST", "api/job/train")[1]["error"] == "this is for a project."

        write_model(model, (16, 2), "windows", WINDOWS)
        page.reload()
        page.wait_for_selector("[data-input]")
        assert page.locator("[data-input]").all_inner_texts() == ["File"]
        rows = "".join(f"{i / 40},{-i / 40}\n" for i in range(24))
        drop_file(page, "wave.csv", b"accel_x,accel_y\n" + rows.encode())
        text_of(page, "#seen-caption", "wave.csv:1: 16 rows of 2: accel_x, accel_y")
        text_of(page, "#place", "1 of 2")
        assert "Every byte as the reference." in wait_for_column(page, "board").inner_text()
        drop_file(page, "short.csv", b"accel_x,accel_y\n" + b"1,2\n" * 8)
        text_of(page, "#input-problem", "short.csv: has 8 entries; a sample needs 16.")

        write_model(model, (3,), "csv", TABLE)
        page.reload()
        page.wait_for_selector("[data-input]")
        drop_file(page, "flowers.csv", b"length,width,height\n0.5,-0.25,0.125\n0.1,0.2,0.3\n")
        text_of(page, "#seen-caption", "flowers.csv:1: 3 numbers, -0.250 to 0.500")
        page.click("#next")
        text_of(page, "#seen-caption", "flowers.csv:2: 3 numbers")
        assert "Every byte as the reference." in wait_for_column(page, "board").inner_text()


def test_a_model_s_file_is_tried_and_looked_into_and_nothing_else(model: Path) -> None:
    site = open_site(model, model.parent, "host", None)
    assert site.state()["parts"] == ["try", "inside"]
    found = look_inside(site.desk.trial())
    site.close()
    assert [layer["kind"] for layer in found["layers"]] == ["FULLY_CONNECTED", "SOFTMAX"]
    assert [(wire["start"], wire["end"]) for wire in found["layout"]["wires"]] == [(0, 1), (1, 2)]
    assert found["layers"][-1]["name"] == "output"


def test_without_the_extra_the_line_that_installs_it_is_said(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run(["live", str(model), "--seconds", "0.1"]) == 4
    said = capsys.readouterr().err
    assert "uvicorn is not installed." in said and "pip install 'tinyml-toolkit[live]'" in said
