# SPDX-License-Identifier: Apache-2.0
"""`tinyml profile`: the layers add up to the inference, and the trace is one after the other."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run
from toolkit.compiler.compile import compile_model
from toolkit.errors import InputError
from toolkit.report.profile import LayerProfile, Profile, profile_lines, trace_text
from toolkit.report.profile_difference import compare_profiles, difference_lines, read_profile
from toolkit.targets.board import load_board
from toolkit.targets.target import target_of
from toolkit.verify.bare import count_layers
from toolkit.verify.generated_c import random_rows

LAYER = LayerProfile(0, "CONV_2D", 9, 100, 150, 20, 0.1, 8, 7, 0, 300, 16)
PROFILE = Profile(
    "small",
    "nano33ble",
    "emulator",
    64_000_000,
    (LAYER, replace(LAYER, index=1, name="ADD"), replace(LAYER, index=2, name="SOFTMAX")),
    300,
    450,
    60,
    0.3,
    0.09,
    True,
)


def test_a_profile_that_nothing_counts_says_so() -> None:
    bare = replace(LAYER, instructions=None, cycles=None, flash_wait_cycles=None, milliseconds=None)
    profile = Profile("small", "nano33ble", "qemu", 64_000_000, (bare,), None, None, None, None, None, False)
    assert profile_lines(profile)[-1] == "small on nano33ble (qemu): 9 MACs, which nothing counts there"


def test_no_layer_of_a_trace_reaches_into_the_next() -> None:
    """speedscope drew all that followed inside of a layer that a rounding made a nanosecond too long."""
    layers = tuple(replace(LAYER, index=i, milliseconds=i / 7 + 1 / 3) for i in range(100))
    events = json.loads(trace_text(replace(PROFILE, layers=layers)))["traceEvents"][2:]

    assert all(before["ts"] + before["dur"] == after["ts"] for before, after in pairwise(events))
    assert abs(events[-1]["ts"] / 1000 - sum(layer.milliseconds or 0 for layer in layers[:-1])) < 1e-6


def test_the_layers_of_an_emulated_inference_add_up(tmp_path: Path, capsys) -> None:
    model, trace = tmp_path / "small.tflite", tmp_path / "trace.json"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--output", str(trace), "--json"]) == 0
    profile = json.loads(capsys.readouterr().out)
    layers = profile["layers"]
    assert profile["is_modelled"] and profile["clock_hz"] == 64_000_000
    assert 0.5 * profile["cycles"] < sum(layer["cycles"] for layer in layers) <= 1.2 * profile["cycles"]
    assert sum(layer["macs"] for layer in layers) > 0
    assert layers[0]["weights_bytes"] > 0
    assert layers[0]["stack_bytes"] > 0
    assert all(layer["code_bytes"] > 0 and layer["scratch_bytes"] >= 0 for layer in layers)
    _require_equal_to_a_bare_model(model.read_bytes(), layers)
    events = [e for e in json.loads(trace.read_text())["traceEvents"] if e["ph"] == "X"]
    assert [event["args"]["name"] for event in events] == [layer["name"] for layer in layers]
    for before, after in pairwise(events):
        assert before["ts"] + before["dur"] == after["ts"]


def _require_equal_to_a_bare_model(data: bytes, layers: list[dict[str, int]]) -> None:
    """The model alone on its core takes what its layers take in the firmware, but for what counting takes."""
    board = load_board("nano33ble")
    compiled = compile_model(data, "small", target_of(board))
    (bare,) = count_layers(compiled, board, random_rows(compiled.graph, 3)[-1:])
    for ours, theirs in zip(bare, layers, strict=True):
        assert ours.name == theirs["name"]
        for count in ("instructions", "cycles", "flash_wait_cycles"):
            assert abs(getattr(ours, count) - theirs[count]) <= 40, (ours, theirs)


def test_a_table_has_a_line_for_each_layer(tmp_path: Path, capsys) -> None:
    model = tmp_path / "small.tflite"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--runner", "host"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["layer", "operator", "MACs"]
    assert "modelled" not in lines[-1] and "ms at" in lines[-1]


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


def test_two_builds_are_compared_layer_by_layer() -> None:
    layers = [{**layer, "instructions": 200} for layer in PROFILE.to_json()["layers"]]
    before = {**PROFILE.to_json(), "layers": [*layers[:-1], {"name": "RELU", "instructions": 7}, layers[-1]]}
    found = compare_profiles(PROFILE, before)
    assert [pair.name for pair in found.pairs] == ["CONV_2D", "ADD", "RELU", "SOFTMAX"]
    rows = [line.split() for line in difference_lines(found)]
    assert rows[1] == ["0", "CONV_2D", "100", "200", "-50.0", "170", "170", "+0.0"]
    assert rows[3] == ["2", "RELU", "-", "7", "-", "-", "-", "-"]
    assert rows[-1] == ["together", "300", "300", "+0.0", "510", "510", "+0.0"]


def test_what_is_no_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text('{"layers": 3}')
    with pytest.raises(InputError, match="it has no layers"):
        read_profile(tmp_path)
    (tmp_path / "verdict.json").write_text("no")
    with pytest.raises(InputError, match="is not JSON"):
        read_profile(tmp_path)
