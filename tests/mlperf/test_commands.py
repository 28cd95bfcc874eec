# SPDX-License-Identifier: Apache-2.0
"""tinyml mlperf, serve and build MODEL: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from toolkit.cli.main import run
from toolkit.cli.mlperf_cmd import MODELLED

pytestmark = pytest.mark.xdist_group("mlperf")


def words_for(made: Any, *more: str) -> list[str]:
    return ["mlperf", str(made.model), "--benchmark", made.benchmark.name, "--board", "host", *more]


def test_a_missed_target_is_exit_code_1_and_the_results_are_kept(
    made: Callable[[str, str], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, output = made("ic", "host"), tmp_path / "results"
    more = ("--data", str(one.data), "--window", "0.001", "--windows", "2", "--output", str(output), "--json")
    assert run(words_for(one, *more)) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["exit_code"], found["passed"]) == (1, False)
    kept = json.loads((output / "results.json").read_text())
    assert (kept["passed"], kept["is_valid"], len(kept["windows"])) == (False, False, 2)
    assert "MISSED" in (output / "accuracy" / "results.txt").read_text()


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--data", "nowhere"), 3, "nowhere is no folder"),
        (("--port", "/dev/ttyNone"), 2, "--port is a real board, which has its firmware"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_built(
    more: tuple[str, ...],
    code: int,
    words: str,
    made: Callable[[str, str], Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(words_for(made("ic", "host"), *more)) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["mlperf", "build", "serve"])
def test_a_model_of_other_sizes_is_refused_by_every_command(
    verb: str, made: Callable[[str, str], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [verb, str(made("ic", "host").model), "--benchmark", "kws", "--board", "host"]
    more = ["--output", str(tmp_path / "out")] if verb == "build" else []
    assert run([*words, *more]) == 3
    said = capsys.readouterr()
    assert "(keyword spotting) takes 490 numbers in and 12 out; this model has 3,072 int8" in said.err
    assert said.out == ""


def test_the_modelled_time_has_the_name_that_the_documentation_gives_it() -> None:
    document = Path(__file__).parents[2] / "docs" / "mlperf.md"
    assert f"The line `{MODELLED}` has" in document.read_text(encoding="utf-8")


def test_detections_are_not_said_to_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mlperf", "x.tflite", "--benchmark", "sww", "--data", "x"]) == 2
    assert "judged by detections in a stream" in capsys.readouterr().err


def test_output_of_build_is_for_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["build", "--output", "x"]) == 2
    assert "--output is for a MODEL" in capsys.readouterr().err


def test_serve_names_a_port_that_answers_and_ends_at_a_signal(made: Callable[[str, str], Any]) -> None:
    words = ["serve", str(made("ic", "host").model), "--board", "host", "--benchmark", "ic"]
    with subprocess.Popen(
        [sys.executable, "-m", "toolkit", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert re.match(r"/dev/", name)
        with serial.Serial(name, 115200, timeout=20) as port:
            port.write(b"%profile%")
            assert b"m-model-[ic01]" in port.read_until(b"m-model-[ic01]\r\n")
        os.kill(process.pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    assert "Traceback" not in errors
