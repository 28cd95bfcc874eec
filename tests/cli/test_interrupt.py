# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C ends what runs, also while the firmware is in the emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.train, pytest.mark.xdist_group("verbs")]


@pytest.mark.parametrize(
    "options", [["--seconds", "600"], ["--seconds", "600", "--pty"]], ids=["text", "pty"]
)
def test_ctrl_c_ends_emulation_with_130(options: list[str], project: Path) -> None:
    command = [sys.executable, "-u", "-m", "toolkit", "emulate", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "Interrupted." in said
    assert "Traceback" not in said
