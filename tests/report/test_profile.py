# SPDX-License-Identifier: Apache-2.0
"""`tinyml profile`: the layers add up to the inference, and the trace is one after the other."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run


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
