# SPDX-License-Identifier: Apache-2.0
"""A model's file alone that takes sound: the microphone, the spectrogram, the firmware as a program."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live.conftest import opened, serving
from live.test_try import wait_for_column
from support.tflite_writer import GraphBuilder, write_tflite

from toolkit.cli.main import run
from toolkit.data.audio_folder import AudioFolderOptions
from toolkit.data.takes import Takes

pytestmark = pytest.mark.xdist_group("live")
OPTIONS = AudioFolderOptions("", seconds=0.5, bands=8, coefficients=8, hop_ms=50.0, window_ms=64.0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of random weights that tells two sounds apart, with the quantization.json that says so."""
    shape = (OPTIONS.rules.frames(OPTIONS.length), OPTIONS.bands, 1)
    inputs, rng = int(np.prod(shape)), np.random.default_rng(1)
    b = GraphBuilder("sounds")
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
    path = tmp_path / "sounds.tflite"
    path.write_bytes(write_tflite(b.graph([x], [shares])))
    known = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "detection": None}
    takes = Takes("audio_folder", "classification", ("beep", "hum"), asdict(OPTIONS)).to_json()
    about = {"int8": known, "float32": {"sha256": "", "detection": None}, "takes": takes}
    (tmp_path / "quantization.json").write_text(json.dumps(about))
    return path


def test_the_microphone_is_heard_and_its_spectrogram_shown(browser: Any, model: Path) -> None:
    pytest.importorskip("soundfile", reason="needs soundfile: pip install 'tinyml-toolkit[train]'")
    with serving(model.parent, str(model), "--board", "host") as server, opened(browser, server) as page:
        assert page.locator("#tabs button").all_inner_texts() == ["Try it"]
        page.click("#microphone-toggle")
        first = wait_for_column(page, "int8").get_attribute("data-sample")
        page.wait_for_function(
            "first => document.querySelector('.column[data-on=int8]').dataset.sample !== first", arg=first
        )
        page.click("#microphone-toggle")
        assert "spectrogram: 9 frames of 8 numbers" in page.inner_text("#seen-caption")
        assert "Every byte as the reference." in wait_for_column(page, "board").inner_text()
        assert server.call("POST", "api/job/train")[1]["error"] == "this is for a project."


def test_without_the_extra_the_line_that_installs_it_is_said(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert run(["live", str(model), "--seconds", "0.1"]) == 4
    said = capsys.readouterr().err
    assert "uvicorn is not installed." in said and "pip install 'tinyml-toolkit[live]'" in said
