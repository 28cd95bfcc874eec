# SPDX-License-Identifier: Apache-2.0
"""`tinyml profile`: the layers add up to the inference, and the trace is one after the other."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run
from toolkit.errors import InputError
from toolkit.report.profile import LayerProfile, Profile
from toolkit.report.profile_difference import compare_profiles, difference_lines, read_profile


@pytest.fixture
def small_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What profile --json says of the small model."""
    model = tmp_path / "small.tflite"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_layers_of_an_emulated_inference_add_up(tmp_path: Path, capsys) -> None:
    model, trace = tmp_path / "small.tflite", tmp_path / "trace.json"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--output", str(trace), "--json"]) == 0
    profile = json.loads(capsys.readouterr().out)
    layers = profile["layers"]
    assert profile["is_modelled"] and profile["clock_hz"] == 64_000_000
    assert 0.5 * profile["cycles"] < sum(layer["cycles"] for layer in layers) <= 1.2 * profile["cycles"]
    assert sum(layer["macs"] for layer in layers) > 0
    events = [e for e in json.loads(trace.read_text())["traceEvents"] if e["ph"] == "X"]
    assert [event["args"]["name"] for event in events] == [layer["name"] for layer in layers]
    for before, after in pairwise(events):
        assert abs(before["ts"] + before["dur"] - after["ts"]) < 0.01


def test_a_table_has_a_line_for_each_layer(tmp_path: Path, capsys) -> None:
    model = tmp_path / "small.tflite"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--runner", "host"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["layer", "operator", "MACs"]
    assert "modelled" not in lines[-1] and "ms at" in lines[-1]


def test_a_layer_has_weights_scratch_code_and_stack(small_profile: dict[str, Any]) -> None:
    first = small_profile["layers"][0]
    assert first["name"] == "CONV_2D"
    assert first["weights_bytes"] > 0
    for layer in small_profile["layers"]:
        assert layer["code_bytes"] > 0
        assert 0 <= layer["stack_bytes"] < 4096
    assert first["stack_bytes"] > 0


def test_a_chart_has_a_bar_for_each_layer(tmp_path: Path, capsys) -> None:
    model, chart = tmp_path / "small.tflite", tmp_path / "chart.svg"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--runner", "host", "--output", str(chart)]) == 0
    text = chart.read_text(encoding="utf-8")
    rows = [
        line
        for line in capsys.readouterr().out.splitlines()
        if line.split()[:1] and line.split()[0].isdigit()
    ]
    assert text.count('fill="#2563eb"') == len(rows) > 3
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert run(["profile", str(model), "--output", str(tmp_path / "chart.png")]) == 2


def test_two_builds_are_compared_layer_by_layer(small_profile: dict[str, Any]) -> None:
    layers = small_profile["layers"]
    now = Profile(**{**small_profile, "layers": tuple(LayerProfile(**layer) for layer in layers)})
    halved = [{**layer, "instructions": layer["instructions"] * 2} for layer in layers]
    before = {**small_profile, "layers": [*halved[:-1], {"name": "RELU", "instructions": 7}, halved[-1]]}
    found = compare_profiles(now, before)
    assert [pair.name for pair in found.pairs] == [layer["name"] for layer in before["layers"]]
    lines = difference_lines(found)
    assert lines[1].split()[4] == "-50.0"
    assert "RELU" in lines[-3]
    assert lines[-3].split()[2:5] == ["-", "7", "-"]


def test_what_is_no_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text('{"layers": 3}')
    with pytest.raises(InputError, match="it has no layers"):
        read_profile(tmp_path)
    (tmp_path / "verdict.json").write_text("no")
    with pytest.raises(InputError, match="is not JSON"):
        read_profile(tmp_path)
