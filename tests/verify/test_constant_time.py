# SPDX-License-Identifier: Apache-2.0
"""`tinyml profile --constant-time`: which layer's time depends on the data, and which one's does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run


def test_softmax_depends_on_the_data_and_a_convolution_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "small.tflite"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--constant-time", "--samples", "5", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    layers = {layer["name"]: layer for layer in found["layers"]}
    assert (found["inputs"], found["is_constant"]) == (5, False)
    assert layers["CONV_2D"]["is_constant"]
    assert layers["CONV_2D"]["instructions"][0] == layers["CONV_2D"]["instructions"][1]
    assert not layers["SOFTMAX"]["is_constant"]
    assert "not constant: layer 3, SOFTMAX: " in found["error"]
    assert "its time depends on the data" in found["error"]
