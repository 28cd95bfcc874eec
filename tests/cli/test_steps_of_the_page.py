# SPDX-License-Identifier: Apache-2.0
"""The steps that the live page starts say what the commands of their names say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.cli.main import run

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


@pytest.mark.parametrize("step", ["train", "quantize"])
def test_a_step_says_what_its_command_says(
    step: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run([step]) == 0
    *said, path = capsys.readouterr().out.splitlines()
    assert said and path.startswith(str(project))
    words = [sys.executable, "-m", "toolkit.live.steps_worker", str(project), step, "nano33ble"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    told = [json.loads(line)["text"] for line in done.stdout.splitlines()]
    assert told[-len(said) :] == said
