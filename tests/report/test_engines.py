# SPDX-License-Identifier: Apache-2.0
"""`tinyml profile --engine aot --engine tflm`: both engines in one table and in one JSON object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.small_model import small_graph
from support.tflite_writer import write_tflite

from toolkit.cli.main import run
from toolkit.report.engines import EngineProfile, engines_json, engines_lines
from toolkit.report.profile import LayerProfile, Profile

LAYER = LayerProfile(0, "CONV_2D", 9, 100, 150, 20, 0.1, 8, 7, 0, 300, 16)
PROFILE = Profile(
    model="small",
    board="nano33ble",
    runner="emulator",
    clock_hz=64_000_000,
    layers=(LAYER, replace(LAYER, index=1, name="ADD")),
    instructions=300,
    cycles=450,
    flash_wait_cycles=60,
    milliseconds=0.3,
    latency_error=0.09,
    is_modelled=True,
)
FIGURES = {
    "instructions": 300,
    "latency_ms": 0.3,
    "arena_bytes": 512,
    "stack_bytes": None,
    "verdict": "equal",
}


def both() -> list[EngineProfile]:
    slow = replace(LAYER, index=1, name="ADD", instructions=300)
    other = replace(PROFILE, layers=(LAYER, replace(LAYER, name="RESHAPE"), slow), instructions=900)
    return [
        EngineProfile("aot", "the model as C", PROFILE, FIGURES),
        EngineProfile("tflm", "TensorFlow Lite Micro 90b983c", other, {**FIGURES, "instructions": 900}),
    ]


def test_the_table_has_a_column_for_each_engine_and_their_ratio() -> None:
    lines = engines_lines(both())
    assert lines[0].split() == ["aot", "tflm", "tflm/aot"]
    assert lines[1].split() == ["instructions", "300", "900", "3.00"]
    assert next(line for line in lines if line.startswith("stack")).split()[-3:] == ["-", "-", "-"]
    assert "tflm: TensorFlow Lite Micro 90b983c" in lines


def test_layers_are_paired_by_their_operators() -> None:
    lines = engines_lines(both())
    start = next(number for number, line in enumerate(lines) if line.startswith("layer"))
    assert "aot instructions" in lines[start] and "tflm" in lines[start]
    (add,) = (line for line in lines if " ADD " in line)
    assert add.split()[2:5] == ["100", "300", "-66.7"]


def test_json_has_both_with_their_sources_and_layers() -> None:
    found = engines_json(both())
    assert set(found["engines"]) == {"aot", "tflm"}
    tflm = found["engines"]["tflm"]
    assert (tflm["instructions"], tflm["arena_bytes"], tflm["verdict"]) == (900, 512, "equal")
    assert [layer["name"] for layer in tflm["profile"]["layers"]] == ["CONV_2D", "RESHAPE", "ADD"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "tflm", "--stream"], "are for --engine aot alone"),
        (["--engine", "aot", "--engine", "tflm", "--optimize", "size"], "are for --engine aot alone"),
        (["--engine", "aot", "--engine", "tflm", "--output", "x.json"], "are for one engine"),
    ],
)
def test_options_of_one_engine_are_refused_for_both(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "small.tflite"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), *words]) == 2
    assert said in capsys.readouterr().err


def test_without_tflm_the_error_says_how_to_fetch_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TINYML_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYML_TFLM", raising=False)
    model = tmp_path / "small.tflite"
    model.write_bytes(write_tflite(small_graph()))
    assert run(["profile", str(model), "--engine", "tflm"]) == 4
    assert "tinyml engine fetch tflm" in capsys.readouterr().err
