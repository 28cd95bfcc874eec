# SPDX-License-Identifier: Apache-2.0
"""The examples from their data to every board, against what they promise in expected.json."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from toolkit import paths
from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'tinyml-toolkit[train]'")


@pytest.mark.parametrize("example", ["hello_sine", "digits"])
def test_example_keeps_its_promise_on_every_board(
    example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = paths.data_dir("examples") / example
    folder = tmp_path / example
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("build"))
    expected = json.loads((source / "expected.json").read_text(encoding="utf-8"))
    capsys.readouterr()
    assert run(["check", "--board", "all", "--project", str(folder), "--json"]) == 0
    verdicts = json.loads(capsys.readouterr().out)
    assert set(verdicts) == {"host", "nano33ble", "sparkfun_edge", "stm32f746g_disco"}
    for verdict in verdicts.values():
        wrong = verdict["samples"] - verdict["equal"]
        assert wrong == expected["samples_that_differ_on_a_board"] == 0
        assert verdict["score"]["device"] == verdict["score"]["host"]
    # The TFLite reference kernels, which quantization.json is from, may round an output otherwise.
    quantized = json.loads((folder / "build" / "quantization.json").read_text(encoding="utf-8"))
    assert verdicts["nano33ble"]["score"]["device"] == pytest.approx(quantized["int8"]["score"], rel=0.01)
    assert "data:image/png" in (folder / "build" / "report.html").read_text(encoding="utf-8")
