# SPDX-License-Identifier: Apache-2.0
"""MLPerf Tiny's own runner, as it is, over a port behind which our firmware runs.

TINYML_MLPERF_RUNNER is the folder benchmark/runner of a checkout of mlcommons/tiny. Its packages beside ours:
pyserial, pyusb, scikit-learn, matplotlib, PyYAML.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from toolkit.runners.link import open_link
from toolkit.runners.pty import serve_pty

RUNNER = os.environ.get("TINYML_MLPERF_RUNNER", "")
DRIVER = Path(__file__).with_name("runner_driver.py")
NEEDED = ("serial", "usb", "sklearn", "matplotlib", "yaml")
missing = [name for name in NEEDED if not find_spec(name)]

pytestmark = [
    pytest.mark.skipif(not RUNNER, reason="set TINYML_MLPERF_RUNNER to benchmark/runner of mlcommons/tiny"),
    pytest.mark.skipif(bool(missing), reason=f"MLPerf Tiny's runner needs {', '.join(missing)}"),
    pytest.mark.xdist_group("mlperf"),
]


def run_runner(made: Any, mode: str, folder: Path, infer: str = "") -> tuple[dict[str, Any], str]:
    """Return what the runner found, and all that it printed."""
    firmware = made.firmware
    link = open_link(firmware.elf, firmware.board, counts="cycles")
    with serve_pty(link, in_real_time=False) as server:
        words = [DRIVER, RUNNER, server.name, "115200", mode, made.data, *([infer] if infer else [])]
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        server.check()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1]), done.stdout


@pytest.mark.parametrize("board", ["host", "nano33ble"])
@pytest.mark.parametrize("name", ["kws", "ic", "vww", "ad"])
def test_the_runner_finds_the_accuracy_of_the_reference(
    name: str, board: str, made: Callable[[str, str], Any], tmp_path: Path
) -> None:
    one = made(name, board)
    found, printed = run_runner(one, "a", tmp_path)
    assert (found["model"], found["name"]) == (one.benchmark.model_id, board)
    results = [window["infer"]["results"] for window in found["results"]]
    assert len(results) == len(one.results)
    for values, expected in zip(results, one.results, strict=True):
        assert values == pytest.approx(expected, abs=6e-4, rel=1e-6)
    assert re.search(r"ulp-mlperf: AUC = \d\.\d{3}", printed)
    assert re.search(r"ulp-mlperf: Top 1% = \d", printed)


@pytest.mark.parametrize("name", ["kws", "ad"])
def test_the_runner_measures_windows(name: str, made: Callable[[str, str], Any], tmp_path: Path) -> None:
    found, _ = run_runner(made(name, "nano33ble"), "p", tmp_path, "200 10")
    *windows, error = found["results"]
    assert error == {"error": "error 2"}  # as fast as possible these windows take no 10 s together
    assert len(windows) == 5
    assert all(window["infer"]["throughput"] > 1000 for window in windows)
